import type { OptionChoice, ProductKind } from '../vocabulary.ts';

const color: OptionChoice = { name: 'Color', values: ['Spruce', 'Signal Orange', 'Slate'] };
const capacity: OptionChoice = {
  name: 'Capacity',
  values: ['2-person', '3-person', '4-person'],
  surcharges: [0, 25, 50],
};

export const camp: readonly ProductKind[] = [
  {
    noun: 'Dome Tent',
    category: 'Tents & Shelters',
    price: [149, 449],
    finishes: [
      'ripstop nylon',
      '40D polyester',
      'silicone nylon',
      'heavy canvas',
      'mesh and nylon',
    ],
    about: [
      'A freestanding dome in {finish} that goes up in four minutes, rain or not.',
      'Two doors, two vestibules and a full-height wall of {finish}.',
    ],
    details: [
      'Color-coded poles make it hard to get wrong.',
      'Seams are taped at the factory.',
      'Packs down to the size of a loaf of bread.',
    ],
    options: [capacity, color],
    tags: ['camping', '3-season'],
  },
  {
    noun: 'Ultralight Tarp',
    category: 'Tents & Shelters',
    price: [79, 229],
    finishes: ['sil-poly', 'laminate film', '20D nylon', 'coated ripstop', 'recycled nylon'],
    about: [
      'Sixteen tie-outs and eleven ounces of {finish}: a roof for anywhere.',
      'A tarp in {finish} for people who count grams and weather in equal parts.',
    ],
    details: [
      'Reflective lines and stakes included.',
      'Doubles as a groundsheet for two.',
      'Comes with a card of eight ways to pitch it.',
    ],
    options: [{ name: 'Size', values: ['8 x 10 ft', '10 x 12 ft'], surcharges: [0, 25] }],
    tags: ['ultralight', 'thru-hike'],
  },
  {
    noun: 'Sleeping Bag',
    category: 'Sleep Systems',
    price: [119, 489],
    finishes: ['650-fill down', '850-fill down', 'synthetic fill', 'a down blend', 'fleece lining'],
    about: [
      'A mummy bag with {finish} that is roomy at the knees and tight where the cold gets in.',
      'Warm, quiet and easy to climb out of at 3 a.m.; with {finish}.',
    ],
    details: [
      'The zipper doesn’t snag. We tried.',
      'Two left-zip and right-zip bags join into one.',
      'A pocket at the chest keeps batteries warm.',
    ],
    options: [
      { name: 'Rating', values: ['32°F', '15°F', '0°F'], surcharges: [0, 20, 45] },
      { name: 'Length', values: ['Regular', 'Long'], surcharges: [0, 8] },
    ],
    tags: ['camping', 'sleep'],
  },
  {
    noun: 'Sleeping Pad',
    category: 'Sleep Systems',
    price: [39, 199],
    finishes: [
      'closed-cell foam',
      '30D nylon',
      'stretch knit',
      'brushed polyester',
      'recycled foam',
    ],
    about: [
      'A pad in {finish} that keeps roots and cold ground at a distance.',
      'Three inches of comfort in {finish}, no squeaking.',
    ],
    details: [
      'Inflates with twelve breaths through the stuff sack.',
      'Patch kit tucked inside.',
      'Side sleepers approve.',
    ],
    options: [{ name: 'Width', values: ['20 in', '25 in'], surcharges: [0, 18] }],
    tags: ['camping', 'sleep'],
  },
  {
    noun: 'Camp Hammock',
    category: 'Sleep Systems',
    price: [49, 159],
    finishes: ['parachute nylon', 'ripstop', 'diamond mesh', 'cotton canvas', 'quilted nylon'],
    about: [
      'A wide hammock in {finish} you can lie across, flat, all night.',
      'Two trees and five minutes: a hammock in {finish}.',
    ],
    details: [
      'Tree-friendly straps are in the bag.',
      'The bug net zips off.',
      'Holds 400 pounds, dog included.',
    ],
    options: [color],
    tags: ['camping', 'lounging'],
  },
  {
    noun: 'Canister Stove',
    category: 'Camp Kitchen',
    price: [35, 149],
    finishes: ['titanium', 'stainless steel', 'anodized aluminum', 'brass', 'matte black steel'],
    about: [
      'A pocket stove in {finish} that boils a pint in under three minutes.',
      'Simmers as well as it roars: a stove in {finish}.',
    ],
    details: [
      'Works in a stiff breeze.',
      'The igniter lights with gloves on.',
      'Folds into its own mug.',
    ],
    tags: ['cooking', 'ultralight'],
  },
  {
    noun: 'Cook Set',
    category: 'Camp Kitchen',
    price: [45, 169],
    finishes: ['hard-anodized aluminum', 'titanium', 'ceramic coating', 'enamel', 'tri-ply steel'],
    about: [
      'Two pots, one pan and a lid that drains, in {finish}, nested like dolls.',
      'Pancakes that don’t stick: a cook set in {finish}.',
    ],
    details: [
      'The handle locks and stays cool.',
      'Everything fits in the big pot, stove included.',
      'Volume marks in cups and milliliters.',
    ],
    options: [{ name: 'Serves', values: ['Two', 'Four'], surcharges: [0, 45] }],
    tags: ['cooking', 'camping'],
  },
  {
    noun: 'Insulated Bottle',
    category: 'Camp Kitchen',
    price: [24, 59],
    finishes: [
      'powder coat',
      'bare steel',
      'hammered steel',
      'recycled steel',
      'soft-touch coating',
    ],
    about: [
      'A bottle in {finish} that keeps coffee hot to the summit and water cold back down.',
      'Double-walled, dent-resistant, in {finish}.',
    ],
    details: [
      'The lid opens with one thumb.',
      'Fits a car’s cup holder.',
      'Doesn’t sweat, doesn’t taste of yesterday.',
    ],
    options: [
      { name: 'Volume', values: ['18 oz', '24 oz', '32 oz'], surcharges: [0, 15, 30] },
      color,
    ],
    tags: ['hydration', 'everyday'],
  },
  {
    noun: 'Hard Cooler',
    category: 'Camp Kitchen',
    price: [129, 349],
    finishes: ['rotomolded shell', 'slim shell', 'wheeled shell', 'marine white', 'desert tan'],
    about: [
      'A cooler with a {finish} finish that still has ice on day five.',
      'Lockable, sittable, stackable; in {finish}.',
    ],
    details: [
      'The drain takes a garden hose.',
      'Rubber latches won’t rust.',
      'Sized to take bottles standing up.',
    ],
    options: [{ name: 'Quarts', values: ['25 qt', '45 qt'], surcharges: [0, 40] }],
    tags: ['camping', 'fishing'],
  },
  {
    noun: 'Camp Chair',
    category: 'Camp Furniture',
    price: [39, 149],
    finishes: ['600D polyester', 'mesh', 'waxed canvas', 'padded nylon', 'recycled polyester'],
    about: [
      'A chair in {finish} that survives campfires and soccer seasons.',
      'Packs to the size of a water bottle, sits like a couch; in {finish}.',
    ],
    details: [
      'Wide feet don’t sink in sand.',
      'One pocket for a drink and one for a phone.',
      'Rated to 320 pounds.',
    ],
    options: [color],
    tags: ['camping', 'lounging'],
  },
  {
    noun: 'Headlamp',
    category: 'Lights & Power',
    price: [29, 99],
    finishes: ['350 lumens', '500 lumens', '700 lumens', '1000 lumens', 'a red night mode'],
    about: [
      'A headlamp with {finish} that stays put when you run.',
      'Finds the trail and the zipper of your tent: a headlamp with {finish}.',
    ],
    details: [
      'Charges by USB-C and takes AAA cells in a pinch.',
      'Waterproof to three feet.',
      'Locks so it won’t drain in your pack.',
    ],
    options: [color],
    tags: ['night', 'safety'],
  },
  {
    noun: 'Camp Light String',
    category: 'Lights & Power',
    price: [29, 79],
    finishes: ['warm bulbs', 'color bulbs', 'solar cells', 'a hand crank', 'amber bulbs'],
    about: [
      'Thirty feet of light with {finish}, wound on a reel that doesn’t tangle.',
      'Makes a picnic table a place to stay; with {finish}.',
    ],
    details: [
      'Glows for 20 hours on low.',
      'Bugs mostly ignore it.',
      'Clips to guylines, branches and awnings.',
    ],
    tags: ['camping', 'night'],
  },
];
