import type { OptionChoice, ProductKind } from '../vocabulary.ts';

const shade: OptionChoice = { name: 'Shade', values: ['Linen white', 'Sage', 'Terracotta'] };
const cable: OptionChoice = { name: 'Cable', values: ['Black', 'Sand'] };
const size: OptionChoice = {
  name: 'Size',
  values: ['Small', 'Medium', 'Large'],
  surcharges: [0, 30, 65],
};
const light: OptionChoice = { name: 'Light', values: ['Warm white', 'Neutral white'] };

export const lighting: readonly ProductKind[] = [
  {
    noun: 'Floor Lamp',
    category: 'Floor lamps',
    price: [149, 389],
    finishes: ['brushed brass', 'oiled oak', 'matt black steel', 'smoked ash', 'sand-cast bronze'],
    about: [
      'A slim floor lamp in {finish} that puts a warm pool of light beside a sofa or a bed.',
      'Stands quietly in its corner by day and lights the whole of it by night; made in {finish}.',
    ],
    details: [
      'The head turns through 300 degrees and stays where you leave it.',
      'A foot dimmer in the fabric cable goes down to five per cent.',
      'The weighted base fits under most sofas.',
    ],
    options: [shade, cable],
    tags: ['living room', 'dimmable', 'E27'],
  },
  {
    noun: 'Reading Lamp',
    category: 'Floor lamps',
    price: [119, 259],
    finishes: ['nickel', 'walnut', 'white steel', 'olive green steel', 'aged brass'],
    about: [
      'Bends to the page and not into your eyes: a reading lamp in {finish} with a narrow beam.',
      'A reading lamp in {finish} for long evenings with a long book.',
    ],
    details: [
      'The joint is held by friction, so there are no screws to tighten.',
      'Its light shows colours as daylight does (CRI 95).',
      'A touch on the head switches between two brightnesses.',
    ],
    options: [light],
    tags: ['reading', 'LED', 'adjustable'],
  },
  {
    noun: 'Table Lamp',
    category: 'Table lamps',
    price: [69, 219],
    finishes: ['glazed stoneware', 'ribbed glass', 'turned beech', 'travertine', 'terrazzo'],
    about: [
      'A table lamp in {finish}, low enough to talk across and bright enough to read by.',
      'The base in {finish} is made one at a time, so no two are quite the same.',
    ],
    details: [
      'The linen shade is washable.',
      'Comes with a warm LED bulb that lasts about 15 years of evenings.',
      'The switch sits on the base, where the hand finds it in the dark.',
    ],
    options: [shade, size],
    tags: ['living room', 'handmade', 'E14'],
  },
  {
    noun: 'Desk Lamp',
    category: 'Table lamps',
    price: [79, 199],
    finishes: ['graphite', 'pearl white', 'signal yellow', 'deep blue', 'polished copper'],
    about: [
      'An upright desk lamp in {finish} with an arm that reaches over a wide screen.',
      'Takes the space of a coffee cup and lights the whole desk; here in {finish}.',
    ],
    details: [
      'Three colour temperatures, from early morning to late night.',
      'A USB-C socket in the foot charges a telephone.',
      'Spare springs can be ordered for at least ten years.',
    ],
    options: [light],
    tags: ['office', 'LED', 'USB-C'],
  },
  {
    noun: 'Bedside Lamp',
    category: 'Table lamps',
    price: [49, 129],
    finishes: ['opal glass', 'pale ash', 'rose plaster', 'woven paper', 'honey onyx'],
    about: [
      'A small bedside lamp in {finish} whose light stays on your half of the bed.',
      'Soft, round and unbreakably calm: a bedside lamp in {finish}.',
    ],
    details: [
      'Tap once for light, twice for a night light.',
      'Runs for nine hours on a charge.',
      'It weighs less than a paperback.',
    ],
    options: [light, cable],
    tags: ['bedroom', 'rechargeable'],
  },
  {
    noun: 'Pendant Light',
    category: 'Pendant lights',
    price: [89, 349],
    finishes: ['mouth-blown glass', 'spun aluminium', 'folded paper', 'rattan', 'bone china'],
    about: [
      'A pendant in {finish} that hangs well alone and better in a row of three.',
      'Made in {finish}, it throws its light down to the table and a little of it up to the ceiling.',
    ],
    details: [
      'The cable is three metres long and can be shortened without tools.',
      'The canopy hides a crooked hole of up to eleven centimetres.',
      'Weighs under two kilograms, so a plasterboard ceiling will do.',
    ],
    options: [size, cable],
    tags: ['dining room', 'E27', 'ceiling'],
  },
  {
    noun: 'Cluster Chandelier',
    category: 'Pendant lights',
    price: [329, 890],
    finishes: ['amber glass', 'clear glass', 'antique brass', 'blackened steel', 'alabaster'],
    about: [
      'Seven small lights in {finish}, each on its own cable, hung as high or low as you like.',
      'A chandelier in {finish} for rooms that are tall and evenings that are long.',
    ],
    details: [
      'Delivered with a paper template for the ceiling.',
      'All seven lights dim together.',
      'Two people hang it in about an hour.',
    ],
    options: [cable],
    tags: ['dining room', 'statement', 'dimmable'],
  },
  {
    noun: 'Wall Light',
    category: 'Wall lights',
    price: [59, 189],
    finishes: ['white plaster', 'satin brass', 'fluted glass', 'raw concrete', 'bent oak'],
    about: [
      'A wall light in {finish} that washes the wall instead of blinding the room.',
      'Flat, quiet and bright enough for a hallway: a wall light in {finish}.',
    ],
    details: [
      'Works with a cable and plug as well as with a wall outlet.',
      'Splash-proof, so it may hang in a bathroom (IP44).',
      'Can be painted with ordinary wall paint.',
    ],
    options: [light],
    tags: ['hallway', 'bathroom', 'LED'],
  },
  {
    noun: 'Picture Light',
    category: 'Wall lights',
    price: [79, 169],
    finishes: ['polished brass', 'bronze', 'black', 'brushed nickel', 'ivory'],
    about: [
      'Gives a painting the light of a gallery; in {finish}, with a swivelling arm.',
      'A picture light in {finish} that is seen only when it is on.',
    ],
    details: [
      'No ultraviolet and hardly any warmth, so the colours stay.',
      'Rechargeable: no cable runs down the wall.',
      'Switched by a small remote control with a magnet.',
    ],
    options: [{ name: 'Width', values: ['30 cm', '45 cm', '60 cm'], surcharges: [0, 20, 40] }],
    tags: ['art', 'rechargeable', 'LED'],
  },
  {
    noun: 'Garden Lantern',
    category: 'Outdoor lights',
    price: [39, 149],
    finishes: ['galvanised steel', 'teak', 'dark bronze', 'frosted glass', 'woven rope'],
    about: [
      'A lantern in {finish} that lights a path, a step or a late supper outside.',
      'Made in {finish} for rain, salt and being knocked over by the dog.',
    ],
    details: [
      'The solar panel in its lid gives eight hours after a sunny day.',
      'The handle folds flat for the winter.',
      'Comes on by itself at dusk, unless you tell it not to.',
    ],
    options: [size],
    tags: ['garden', 'solar', 'IP65'],
  },
];
