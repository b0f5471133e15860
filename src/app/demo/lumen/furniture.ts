import type { OptionChoice, ProductKind } from '../vocabulary.ts';

const wood: OptionChoice = {
  name: 'Wood',
  values: ['Oak', 'Walnut', 'Black ash'],
  surcharges: [0, 18, 6],
};
const fabric: OptionChoice = { name: 'Fabric', values: ['Oat', 'Moss', 'Rust', 'Ink'] };
const side: OptionChoice = { name: 'Side', values: ['Left', 'Right'] };

export const furniture: readonly ProductKind[] = [
  {
    noun: 'Dining Chair',
    category: 'Chairs',
    price: [129, 329],
    finishes: ['oiled oak', 'steam-bent ash', 'walnut', 'stained beech', 'woven paper cord'],
    about: [
      'A light, upright chair in {finish} for dinners that go on until midnight.',
      'A dining chair in {finish} that can be lifted with two fingers.',
    ],
    details: [
      'Glued and pegged, without a single screw.',
      'The seat can be rewoven or recovered when its time has come.',
      'Four of them stack in a corner.',
    ],
    options: [wood, { name: 'Seat', values: ['Bare', 'Cushioned'], surcharges: [0, 15] }],
    tags: ['dining room', 'solid wood'],
  },
  {
    noun: 'Bar Stool',
    category: 'Chairs',
    price: [99, 249],
    finishes: ['powder-coated steel', 'solid oak', 'cognac leather', 'rattan', 'recycled plastic'],
    about: [
      'A bar stool in {finish} with a footrest in the right place.',
      'Made in {finish} for kitchen counters and for the people who lean on them.',
    ],
    details: [
      'Felt gliders spare the floor.',
      'The low back fits under an overhanging worktop.',
      'Tested to carry 150 kilograms.',
    ],
    options: [{ name: 'Height', values: ['65 cm', '75 cm'], surcharges: [0, 5] }],
    tags: ['kitchen', 'seating'],
  },
  {
    noun: 'Lounge Chair',
    category: 'Sofas and armchairs',
    price: [449, 1290],
    finishes: ['bouclé wool', 'saddle leather', 'corduroy', 'heavy linen', 'brushed velvet'],
    about: [
      'A deep lounge chair in {finish} that you sink into but can still get out of.',
      'Upholstered in {finish} over a beech frame, for reading, napping and the second coffee.',
    ],
    details: [
      'The covers come off and go into the wash.',
      'The back is as handsome as the front, so it may stand in the middle of a room.',
      'Springs and straps, no foam slab: it keeps its shape for decades.',
    ],
    options: [fabric],
    tags: ['living room', 'upholstered'],
  },
  {
    noun: 'Three-Seater Sofa',
    category: 'Sofas and armchairs',
    price: [1190, 2690],
    finishes: ['stonewashed linen', 'wool felt', 'aniline leather', 'organic cotton', 'chenille'],
    about: [
      'A sofa in {finish} that is long enough to lie on and shallow enough to sit on.',
      'Three real seats in {finish}, with arms at the height of a teacup.',
    ],
    details: [
      'It comes in three parts and goes up narrow stairs.',
      'Seat cushions with a wool wrap: soft on top, firm below.',
      'Every cover can be bought again later.',
    ],
    options: [fabric],
    tags: ['living room', 'upholstered', 'large'],
  },
  {
    noun: 'Corner Sofa',
    category: 'Sofas and armchairs',
    price: [1690, 3290],
    finishes: ['textured weave', 'cord velvet', 'soft leather', 'recycled wool', 'heavy cotton'],
    about: [
      'A corner sofa in {finish} on which a whole family finds room.',
      'A low, wide corner sofa in {finish} that can be added to later.',
    ],
    details: [
      'The chaise hides a box for blankets.',
      'Modules click together without tools.',
      'The legs are solid oak.',
    ],
    options: [side, fabric],
    tags: ['living room', 'modular', 'large'],
  },
  {
    noun: 'Dining Table',
    category: 'Tables',
    price: [690, 1890],
    finishes: ['wild oak', 'smoked oak', 'walnut', 'elm', 'linoleum and ash'],
    about: [
      'A dining table in {finish} with a top that forgives hot pans and homework.',
      'Plain boards, honest joints: a dining table in {finish}.',
    ],
    details: [
      'Two extra leaves hang beneath the top until guests come.',
      'The legs stand at the corners, so everybody has room for the knees.',
      'Oiled, so that scratches can be sanded out at home.',
    ],
    options: [
      { name: 'Length', values: ['160 cm', '200 cm', '240 cm'], surcharges: [0, 22, 45] },
      { name: 'Edge', values: ['Straight', 'Live edge'], surcharges: [0, 8] },
    ],
    tags: ['dining room', 'solid wood', 'large'],
  },
  {
    noun: 'Coffee Table',
    category: 'Tables',
    price: [179, 690],
    finishes: ['travertine', 'oak and glass', 'blackened steel', 'terrazzo', 'burl veneer'],
    about: [
      'A coffee table in {finish}, at the height of a sofa cushion.',
      'A round-cornered coffee table in {finish} that is kind to shins.',
    ],
    details: [
      'A shelf below takes magazines and board games.',
      'Rolls on hidden castors.',
      'Sealed against red wine, as we have tried.',
    ],
    options: [{ name: 'Shape', values: ['Round', 'Oval'], surcharges: [0, 12] }],
    tags: ['living room'],
  },
  {
    noun: 'Side Table',
    category: 'Tables',
    price: [69, 229],
    finishes: ['white oak', 'cast aluminium', 'marble', 'cork', 'lacquered steel'],
    about: [
      'A small side table in {finish} for a lamp, a book and a glass.',
      'A side table in {finish} that slides its foot under the sofa.',
    ],
    details: [
      'Light enough to follow you around the room.',
      'The tray lifts off.',
      'Also makes a good plant stand.',
    ],
    options: [{ name: 'Height', values: ['45 cm', '55 cm'] }],
    tags: ['living room', 'small spaces'],
  },
  {
    noun: 'Writing Desk',
    category: 'Tables',
    price: [349, 890],
    finishes: ['cherry', 'oak veneer', 'birch plywood', 'white laminate', 'walnut veneer'],
    about: [
      'A writing desk in {finish} with two drawers and no visible cable.',
      'A desk in {finish} that fits in a niche of a metre and a quarter.',
    ],
    details: [
      'A flap at the back swallows chargers and their leads.',
      'The drawers run out fully and close softly.',
      'Put together in a quarter of an hour, with one tool that comes along.',
    ],
    options: [wood],
    tags: ['office', 'storage'],
  },
  {
    noun: 'Bookcase',
    category: 'Storage',
    price: [229, 990],
    finishes: ['solid pine', 'oak', 'steel and ash', 'painted birch', 'dark walnut'],
    about: [
      'A bookcase in {finish} with shelves that don’t sag under art books.',
      'A tall bookcase in {finish}; put two side by side and they are one.',
    ],
    details: [
      'Shelves move in steps of three centimetres.',
      'Can be fixed to the wall with the two brackets that come along.',
      'Feet adjust to old floors.',
    ],
    options: [{ name: 'Shelves', values: ['Four', 'Five', 'Six'], surcharges: [0, 20, 38] }],
    tags: ['storage', 'living room'],
  },
  {
    noun: 'Sideboard',
    category: 'Storage',
    price: [590, 1690],
    finishes: ['ribbed oak', 'cane and ash', 'stained elm', 'matt lacquer', 'teak veneer'],
    about: [
      'A long, low sideboard in {finish} for plates, records or everything else.',
      'A sideboard in {finish} whose doors slide and never stand in the way.',
    ],
    details: [
      'Openings at the back let cables through.',
      'One drawer is lined with felt for cutlery.',
      'Delivered in one piece, ready to fill.',
    ],
    options: [{ name: 'Width', values: ['140 cm', '180 cm'], surcharges: [0, 25] }],
    tags: ['storage', 'dining room', 'large'],
  },
  {
    noun: 'Coat Rack',
    category: 'Storage',
    price: [49, 189],
    finishes: ['bent beech', 'brass', 'black steel', 'reclaimed oak', 'cast iron'],
    about: [
      'A coat rack in {finish} that doesn’t fall over when the winter coats arrive.',
      'Eight hooks and a shelf for hats: a coat rack in {finish}.',
    ],
    details: [
      'The hooks are rounded, so that collars keep their shape.',
      'A tray below catches wet umbrellas.',
      'Screws and plugs for stone walls are included.',
    ],
    tags: ['hallway', 'storage'],
  },
  {
    noun: 'Bed Frame',
    category: 'Bedroom',
    price: [590, 1490],
    finishes: ['ash', 'oiled oak', 'upholstered linen', 'stone pine', 'painted beech'],
    about: [
      'A bed frame in {finish} that makes no noise when you turn over.',
      'A low bed frame in {finish} with a headboard to lean on.',
    ],
    details: [
      'Joined by wedges: goes up and comes down without tools.',
      'There are 22 centimetres of room beneath it.',
      'The slatted base is included.',
    ],
    options: [
      { name: 'Width', values: ['140 cm', '160 cm', '180 cm'], surcharges: [0, 12, 25] },
      { name: 'Length', values: ['200 cm', '220 cm'], surcharges: [0, 7] },
    ],
    tags: ['bedroom', 'large'],
  },
  {
    noun: 'Storage Bench',
    category: 'Storage',
    price: [189, 490],
    finishes: ['pine', 'oak with a wool seat', 'rattan', 'painted ash', 'reclaimed teak'],
    about: [
      'A bench in {finish} to sit on while you tie your shoes, with room for ten pairs below.',
      'A storage bench in {finish} for the hallway or the foot of a bed.',
    ],
    details: [
      'The lid closes slowly and spares small fingers.',
      'Slots at the back let wet shoes dry.',
      'Carries three adults.',
    ],
    options: [wood],
    tags: ['hallway', 'storage', 'seating'],
  },
];
