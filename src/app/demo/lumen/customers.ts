import type { Business, Community } from '../vocabulary.ts';
import { english } from './english.ts';
import { french } from './french.ts';
import { german } from './german.ts';

const british: Community = {
  locale: 'en-GB',
  firstNames: [
    ...['Alfie', 'Beatrix', 'Callum', 'Daphne', 'Edmund', 'Fiona', 'Gareth', 'Harriet', 'Imogen'],
    ...['Jasper', 'Kitty', 'Lachlan', 'Morag', 'Nigel', 'Olive', 'Priya', 'Rory', 'Tamsin', 'Una'],
  ],
  lastNames: [
    ...['Ashdown', 'Birtwhistle', 'Copperbeck', 'Dunmore', 'Eastlake', 'Fairweather', 'Gorse'],
    ...['Hollybrook', 'Inglewood', 'Kettlewell', 'Larkspur', 'Merriweather', 'Netherby'],
    ...['Oakhurst', 'Penhallow', 'Quickfall', 'Ravensworth', 'Stonebridge', 'Thornbury'],
  ],
  scripts: english,
};

const germans: Community = {
  locale: 'de-DE',
  firstNames: [
    ...['Anneke', 'Bastian', 'Cosima', 'Dietmar', 'Elif', 'Friederike', 'Gesa', 'Henning', 'Ilka'],
    ...['Jannik', 'Katharina', 'Lorenz', 'Merle', 'Niklas', 'Oda', 'Philippa', 'Ruben', 'Svenja'],
  ],
  lastNames: [
    ...['Ahrensfeld', 'Birkenau', 'Claasen', 'Dornbusch', 'Eichwald', 'Feddersen', 'Grünbaum'],
    ...['Hagedorn', 'Immenhof', 'Kranich', 'Lindenau', 'Moorkamp', 'Nordhoff', 'Oldenkott'],
    ...['Petersilie', 'Rosenhain', 'Sonnwald', 'Tiedemann', 'Wiesengrund'],
  ],
  scripts: german,
};

const frenchPeople: Community = {
  locale: 'fr-FR',
  firstNames: [
    ...['Adèle', 'Baptiste', 'Capucine', 'Damien', 'Élodie', 'Florian', 'Garance', 'Hugo'],
    ...['Jeanne', 'Karim', 'Léonie', 'Maxence', 'Noémie', 'Océane', 'Quentin', 'Solène'],
  ],
  lastNames: [
    ...['Aubépine', 'Beauchêne', 'Clairval', 'Desfontaines', 'Églantier', 'Fontclaire', 'Garrigue'],
    ...['Hautbois', 'Jolivet', 'Lavandou', 'Montclair', 'Noisetier', 'Prévallon', 'Rivebelle'],
    ...['Saulnier', 'Tourvelle', 'Valfleury'],
  ],
  scripts: french,
};

/** Who has a number from overseas writes English to a business in Europe. */
export const communities: Business['communities'] = {
  GB: british,
  US: { ...british, locale: 'en-IE' },
  DE: germans,
  FR: frenchPeople,
};
