import type { OptionChoice, ProductKind } from '../vocabulary.ts';

const fit: OptionChoice = { name: 'Size', values: ['S', 'M', 'L', 'XL'] };
const color: OptionChoice = { name: 'Color', values: ['Charcoal', 'Rust', 'Lake Blue'] };
const shoe: OptionChoice = { name: 'US Size', values: ['7', '8', '9', '10', '11'] };

export const trail: readonly ProductKind[] = [
  {
    noun: 'Rain Jacket',
    category: 'Apparel',
    price: [89, 329],
    finishes: ['2.5-layer nylon', '3-layer nylon', 'stretch polyester', 'waxed cotton', 'ripstop'],
    about: [
      'A rain jacket in {finish} that breathes on the climb and holds in a downpour.',
      'Pit zips, a hood that turns with your head, and {finish} all around.',
    ],
    details: [
      'Stuffs into its own pocket.',
      'Repaired free of charge for as long as you own it.',
      'Cuffs seal over gloves.',
    ],
    options: [fit, color],
    tags: ['rain', 'hiking'],
  },
  {
    noun: 'Down Jacket',
    category: 'Apparel',
    price: [139, 379],
    finishes: [
      'recycled down',
      '800-fill down',
      'water-resistant down',
      'box baffles',
      'a long cut',
    ],
    about: [
      'Warmth you can forget you’re wearing: a jacket with {finish}.',
      'A belay-worthy jacket with {finish} for cold mornings and colder evenings.',
    ],
    details: [
      'Every bag of down can be traced.',
      'Packs into a pillow.',
      'Two inner pockets dry wet gloves.',
    ],
    options: [fit],
    tags: ['winter', 'insulation'],
  },
  {
    noun: 'Merino Base Layer',
    category: 'Apparel',
    price: [59, 129],
    finishes: ['150-weight', '200-weight', '250-weight', 'zip-neck', 'hooded'],
    about: [
      'A {finish} base layer you can wear for four days and still be invited to dinner.',
      'Next to skin, never itchy: a {finish} layer.',
    ],
    details: [
      'Flat seams sit away from pack straps.',
      'Machine wash, lay flat, repeat for years.',
      'Thumb loops keep sleeves where they belong.',
    ],
    options: [fit, color],
    tags: ['winter', 'merino'],
  },
  {
    noun: 'Hiking Pant',
    category: 'Apparel',
    price: [69, 149],
    finishes: ['stretch nylon', 'a zip-off cut', 'soft shell', 'hemp canvas', 'quick-dry ripstop'],
    about: [
      'Trail pants in {finish} that look fine in town.',
      'Made in {finish}, with a gusset for high steps.',
    ],
    details: [
      'Five pockets, two of them zipped.',
      'Dries on you in half an hour.',
      'Reinforced where granite bites.',
    ],
    options: [fit],
    tags: ['hiking', 'travel'],
  },
  {
    noun: 'Sun Hat',
    category: 'Apparel',
    price: [25, 65],
    finishes: ['UPF 50 nylon', 'waxed canvas', 'straw', 'mesh', 'organic cotton'],
    about: [
      'A brim in {finish} wide enough for river days.',
      'A hat in {finish} that floats, folds and forgives.',
    ],
    details: [
      'The chin cord tucks away.',
      'Darker under the brim to cut glare.',
      'Hand wash, dry on your head.',
    ],
    options: [{ name: 'Size', values: ['S/M', 'L/XL'] }],
    tags: ['summer', 'paddling'],
  },
  {
    noun: 'Hiking Boot',
    category: 'Footwear',
    price: [129, 289],
    finishes: ['full-grain leather', 'suede and mesh', 'nubuck', 'knit upper', 'waterproof mesh'],
    about: [
      'A boot in {finish} that needs a weekend, not a season, to break in.',
      'Ankle support and grip on wet rock, in {finish}.',
    ],
    details: [
      'Can be resoled twice.',
      'Lugs shed mud by themselves.',
      'The tongue keeps gravel out.',
    ],
    options: [shoe],
    tags: ['hiking', 'waterproof'],
  },
  {
    noun: 'Trail Runner',
    category: 'Footwear',
    price: [99, 179],
    finishes: [
      'engineered mesh',
      'a rock plate',
      'a wide toe box',
      'a gusseted tongue',
      'zero drop',
    ],
    about: [
      'A shoe with {finish} for trails that go up, down and sideways.',
      'Light enough to race, sturdy enough to hike; with {finish}.',
    ],
    details: [
      'Drains after creek crossings.',
      'The laces stay tied.',
      'Sticky rubber, four-millimeter lugs.',
    ],
    options: [shoe, { name: 'Width', values: ['Regular', 'Wide'] }],
    tags: ['running', 'hiking'],
  },
  {
    noun: 'Wool Sock 2-Pack',
    category: 'Footwear',
    price: [22, 45],
    finishes: ['light cushion', 'full cushion', 'toe-sock knit', 'knee height', 'crew height'],
    about: [
      'Two pairs in {finish}, guaranteed against holes for life.',
      'No seams at the toe, no slipping at the heel: socks in {finish}.',
    ],
    details: [
      'Smell-free, within reason.',
      'Knit from US-grown merino.',
      'Match or mix the pairs.',
    ],
    options: [{ name: 'Size', values: ['S', 'M', 'L'] }],
    tags: ['hiking', 'merino'],
  },
  {
    noun: 'Backpack',
    category: 'Packs & Bags',
    price: [89, 329],
    finishes: ['recycled nylon', 'laminate fabric', '420D nylon', 'waxed canvas', 'grid ripstop'],
    about: [
      'A pack in {finish} that carries its weight on your hips.',
      'Roll-top, side zips and a frame you can bend: a pack in {finish}.',
    ],
    details: [
      'The lid turns into a day pack.',
      'Torso length adjusts on the trail.',
      'Rain cover in the bottom pocket.',
    ],
    options: [
      { name: 'Volume', values: ['35 L', '50 L', '65 L'], surcharges: [0, 20, 35] },
      { name: 'Torso', values: ['S/M', 'M/L'] },
    ],
    tags: ['hiking', 'travel'],
  },
  {
    noun: 'Dry Bag',
    category: 'Packs & Bags',
    price: [19, 89],
    finishes: ['PVC-free vinyl', '70D nylon', 'clear film', 'heavy tarpaulin', 'a purge valve'],
    about: [
      'Roll it three times and forget the river: a dry bag with {finish}.',
      'Keeps phone, fleece and sandwiches dry; made with {finish}.',
    ],
    details: [
      'White inside, so you find things.',
      'Lash points on both sides.',
      'Stands by itself when you fill it.',
    ],
    options: [{ name: 'Volume', values: ['10 L', '20 L', '40 L'], surcharges: [0, 30, 70] }],
    tags: ['paddling', 'waterproof'],
  },
  {
    noun: 'Trekking Pole Set',
    category: 'Trail Tools',
    price: [49, 179],
    finishes: ['carbon', '7075 aluminum', 'cork grips', 'foam grips', 'a folding shaft'],
    about: [
      'Two poles with {finish} that save your knees on the way down.',
      'Poles with {finish}; the levers hold even when you don’t.',
    ],
    details: [
      'Tips and baskets for snow are included.',
      'They pitch most tarps, too.',
      'Spare sections cost less than lunch.',
    ],
    tags: ['hiking', 'snow'],
  },
  {
    noun: 'Paddle',
    category: 'Water',
    price: [79, 289],
    finishes: ['carbon', 'fiberglass', 'ash and cedar', 'aluminum', 'a four-piece shaft'],
    about: [
      'A paddle with {finish} that enters the water without a splash.',
      'Balanced in the hand and light at the end of the day; with {finish}.',
    ],
    details: [
      'Feathers in fifteen-degree steps.',
      'Floats, if it comes to that.',
      'Drip rings keep your lap dry.',
    ],
    options: [{ name: 'Length', values: ['220 cm', '230 cm', '240 cm'] }],
    tags: ['paddling', 'kayak'],
  },
];
