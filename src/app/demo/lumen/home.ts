import type { OptionChoice, ProductKind } from '../vocabulary.ts';

const colour: OptionChoice = { name: 'Colour', values: ['Chalk', 'Clay', 'Pine', 'Dusk'] };
const setOf: OptionChoice = { name: 'Set', values: ['2', '4', '6'], surcharges: [0, 85, 165] };

export const home: readonly ProductKind[] = [
  {
    noun: 'Wool Throw',
    category: 'Textiles',
    price: [79, 189],
    finishes: ['lambswool', 'merino', 'a herringbone weave', 'recycled wool', 'baby alpaca'],
    about: [
      'A throw in {finish}, large enough for two on one sofa.',
      'Woven in {finish}, soft from the first evening and softer every winter.',
    ],
    details: [
      'Air it overnight and it hardly ever needs washing.',
      'The fringes are knotted by hand.',
      'Each one comes in a cotton bag with cedar chips.',
    ],
    options: [colour],
    tags: ['living room', 'natural fibre', 'gift'],
  },
  {
    noun: 'Linen Cushion',
    category: 'Textiles',
    price: [35, 79],
    finishes: ['washed linen', 'slub linen', 'embroidered linen', 'striped linen', 'quilted linen'],
    about: [
      'A cushion in {finish} with a feather filling that can be shaken back to life.',
      'A generous cushion in {finish}, with a hidden zip.',
    ],
    details: ['Washable at 40 degrees.', 'Front and back differ in tone.', 'Filling included.'],
    options: [colour, { name: 'Size', values: ['45 × 45', '60 × 40'], surcharges: [0, 10] }],
    tags: ['living room', 'natural fibre'],
  },
  {
    noun: 'Handwoven Rug',
    category: 'Textiles',
    price: [189, 890],
    finishes: ['undyed wool', 'jute', 'cotton and wool', 'a flat weave', 'a deep pile'],
    about: [
      'A rug in {finish} that calms a loud room.',
      'Handwoven in {finish}; the pattern follows the yarn and not a stencil.',
    ],
    details: [
      'Both sides can lie upwards.',
      'The felt underlay that stops it from sliding is included.',
      'Safe with underfloor heating.',
    ],
    options: [
      {
        name: 'Size',
        values: ['140 × 200', '170 × 240', '200 × 300'],
        surcharges: [0, 45, 105],
      },
    ],
    tags: ['living room', 'handmade', 'large'],
  },
  {
    noun: 'Curtain Pair',
    category: 'Textiles',
    price: [89, 249],
    finishes: ['sheer linen', 'heavy cotton', 'velvet', 'a blackout weave', 'wool voile'],
    about: [
      'A pair of curtains in {finish}, hemmed long so that you can cut them to measure.',
      'Two curtains in {finish} that fall straight from the first day.',
    ],
    details: [
      'Hangs from a rail, a pole or clips.',
      'Lead-free weights are sewn into the hem.',
      'Iron-on tape for the hem comes along.',
    ],
    options: [colour, { name: 'Length', values: ['250 cm', '300 cm'], surcharges: [0, 14] }],
    tags: ['bedroom', 'living room'],
  },
  {
    noun: 'Bed Linen Set',
    category: 'Bedroom',
    price: [99, 239],
    finishes: ['washed linen', 'percale', 'sateen', 'brushed flannel', 'organic cotton'],
    about: [
      'Bed linen in {finish} that needs no iron.',
      'One duvet cover and two pillowcases in {finish}, cool in summer and not cold in winter.',
    ],
    details: [
      'Corozo buttons instead of plastic ones.',
      'Gets softer with every wash.',
      'Certified free of harmful dyes.',
    ],
    options: [
      colour,
      { name: 'Size', values: ['135 × 200', '155 × 220', '200 × 220'], surcharges: [0, 15, 40] },
    ],
    tags: ['bedroom', 'natural fibre'],
  },
  {
    noun: 'Dinner Plate Set',
    category: 'Tableware',
    price: [49, 139],
    finishes: ['reactive glaze', 'matt stoneware', 'speckled clay', 'fine porcelain', 'celadon'],
    about: [
      'Dinner plates in {finish} with a rim that keeps the sauce in.',
      'Plates in {finish}, thrown in a small pottery and fired twice.',
    ],
    details: [
      'Safe in dishwashers and microwave ovens.',
      'They stack closely and don’t rattle.',
      'Single plates can be bought again when one breaks.',
    ],
    options: [setOf],
    tags: ['kitchen', 'handmade', 'gift'],
  },
  {
    noun: 'Stoneware Mug',
    category: 'Tableware',
    price: [16, 34],
    finishes: ['oatmeal glaze', 'indigo glaze', 'raw clay', 'moss glaze', 'chalk white glaze'],
    about: [
      'A mug in {finish} with a handle for the whole hand.',
      'A mug in {finish} that keeps coffee warm for the length of a newspaper.',
    ],
    details: ['Holds 350 millilitres.', 'Dishwasher-safe.', 'The foot is polished.'],
    options: [setOf],
    tags: ['kitchen', 'gift'],
  },
  {
    noun: 'Carafe',
    category: 'Tableware',
    price: [29, 79],
    finishes: ['clear glass', 'smoked glass', 'sea-green glass', 'ribbed glass', 'stoneware'],
    about: [
      'A carafe in {finish} that pours without dripping.',
      'A slender carafe in {finish} for water by day and wine at night.',
    ],
    details: [
      'The stopper doubles as a measuring cup.',
      'Fits in the door of a refrigerator.',
      'Holds a litre.',
    ],
    tags: ['kitchen', 'glass'],
  },
  {
    noun: 'Cutting Board',
    category: 'Kitchen',
    price: [29, 99],
    finishes: ['end-grain oak', 'olive wood', 'walnut', 'maple', 'cherry'],
    about: [
      'A heavy board in {finish} that stays where it is put.',
      'Cut from one piece of {finish}, with a groove for the juice.',
    ],
    details: [
      'Rubber feet on one side, a serving board on the other.',
      'Oil it twice a year and it outlives its knives.',
      'A strip of leather to hang it by.',
    ],
    options: [{ name: 'Size', values: ['Breakfast', 'Kitchen'], surcharges: [0, 60] }],
    tags: ['kitchen', 'solid wood', 'gift'],
  },
  {
    noun: 'Casserole',
    category: 'Kitchen',
    price: [89, 249],
    finishes: ['cast iron', 'enamelled iron', 'copper', 'flameproof clay', 'brushed steel'],
    about: [
      'A casserole in {finish} for slow Sundays.',
      'From the hob into the oven and onto the table: a casserole in {finish}.',
    ],
    details: [
      'Bumps inside the lid baste whatever is below.',
      'Works on induction as well.',
      'The handles are wide enough for oven gloves.',
    ],
    options: [{ name: 'Volume', values: ['3 l', '5 l'], surcharges: [0, 35] }],
    tags: ['kitchen', 'cooking'],
  },
  {
    noun: 'Wall Mirror',
    category: 'Decoration',
    price: [89, 389],
    finishes: ['oak', 'thin brass', 'black metal', 'rattan', 'no frame at all'],
    about: [
      'A wall mirror in {finish} that gives a narrow hallway a second window.',
      'A mirror in {finish}, ground and silvered without copper.',
    ],
    details: [
      'Hangs upright or across.',
      'Shatterproof film on its back.',
      'The bracket forgives a slightly crooked hole.',
    ],
    options: [{ name: 'Diameter', values: ['50 cm', '70 cm', '90 cm'], surcharges: [0, 30, 70] }],
    tags: ['hallway', 'bathroom'],
  },
  {
    noun: 'Vase',
    category: 'Decoration',
    price: [24, 149],
    finishes: ['hand-blown glass', 'rough clay', 'white porcelain', 'black stoneware', 'brass'],
    about: [
      'A vase in {finish} that makes three stems look like a bouquet.',
      'A vase in {finish} with a narrow neck and a heavy foot.',
    ],
    details: [
      'Watertight, and glazed inside.',
      'Wide enough for a hand and a brush.',
      'Signed by its maker.',
    ],
    options: [{ name: 'Height', values: ['18 cm', '28 cm'], surcharges: [0, 45] }],
    tags: ['gift', 'handmade'],
  },
  {
    noun: 'Scented Candle',
    category: 'Decoration',
    price: [19, 49],
    finishes: ['fig and cedar', 'sea salt', 'black tea', 'tomato leaf', 'beeswax and hay'],
    about: [
      'A candle scented with {finish} that doesn’t shout.',
      'Rapeseed wax, a cotton wick and {finish}.',
    ],
    details: [
      'Burns for about 45 hours.',
      'The glass makes a good tumbler afterwards.',
      'Poured by hand in small batches.',
    ],
    options: [{ name: 'Weight', values: ['180 g', '400 g'], surcharges: [0, 70] }],
    tags: ['gift', 'scent'],
  },
  {
    noun: 'Wall Clock',
    category: 'Decoration',
    price: [49, 159],
    finishes: ['birch', 'brushed aluminium', 'lacquered white', 'walnut', 'enamel'],
    about: [
      'A clock in {finish} that can be read from the other end of the kitchen.',
      'A wall clock in {finish} with a hand that glides and never ticks.',
    ],
    details: [
      'One battery lasts two years.',
      'Numbers for those who want them, dots for the others.',
      'Sets itself to summer time by radio.',
    ],
    options: [{ name: 'Face', values: ['Numbers', 'Dots'] }],
    tags: ['kitchen', 'office'],
  },
  {
    noun: 'Plant Pot',
    category: 'Decoration',
    price: [19, 89],
    finishes: ['terracotta', 'glazed clay', 'fibre cement', 'zinc', 'woven seagrass'],
    about: [
      'A plant pot in {finish} with a saucer that holds what you poured too much.',
      'A pot in {finish} for one large leaf or many small ones.',
    ],
    details: [
      'Frost-proof to minus 15 degrees.',
      'The hole in the bottom can be closed.',
      'Felt pads on the saucer spare the window sill.',
    ],
    options: [{ name: 'Size', values: ['S', 'M', 'L'], surcharges: [0, 40, 90] }],
    tags: ['garden', 'plants'],
  },
  {
    noun: 'Bath Towel Set',
    category: 'Bathroom',
    price: [39, 109],
    finishes: ['waffle cotton', 'looped terry', 'linen', 'bamboo and cotton', 'Turkish weave'],
    about: [
      'Towels in {finish} that dry you first and themselves soon after.',
      'One large towel, one small one and a flannel in {finish}.',
    ],
    details: [
      'A loop on the long side and one on the short.',
      'Washable at 60 degrees.',
      'They don’t shed fluff, not even in the first week.',
    ],
    options: [colour],
    tags: ['bathroom', 'natural fibre'],
  },
];
