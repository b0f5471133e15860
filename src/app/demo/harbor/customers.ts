import type { Business, Community } from '../vocabulary.ts';
import { english } from './english.ts';
import { spanish } from './spanish.ts';

const englishSpeakers: Community = {
  locale: 'en-US',
  firstNames: [
    ...['Austin', 'Brianna', 'Cody', 'Destiny', 'Emmett', 'Faith', 'Grady', 'Hailey', 'Irving'],
    ...['Jolene', 'Kendrick', 'Loretta', 'Mason', 'Nadine', 'Orson', 'Peyton', 'Raylene', 'Skyler'],
    ...['Trent', 'Violet', 'Wade', 'Yolanda', 'Zeke'],
  ],
  lastNames: [
    ...['Ackerly', 'Bannock', 'Cutbank', 'Dunmire', 'Elkhart', 'Fallbrook', 'Gladstead'],
    ...['Hollis', 'Ironwood', 'Jessup', 'Kincade', 'Lockridge', 'Millrace', 'Nesbit', 'Overfield'],
    ...['Pickett', 'Quarles', 'Redfern', 'Stillwater', 'Tolliver', 'Underhill', 'Wexler', 'Yates'],
  ],
  scripts: english,
};

const spanishSpeakers: Community = {
  locale: 'es-US',
  firstNames: [
    ...['Alma', 'Benito', 'Consuelo', 'Diego', 'Esperanza', 'Fabián', 'Graciela', 'Horacio'],
    ...['Itzel', 'Joaquín', 'Lourdes', 'Mateo', 'Nayeli', 'Octavio', 'Rocío', 'Xiomara'],
  ],
  lastNames: [
    ...['Arroyo', 'Bustamante', 'Carrizo', 'Duarte', 'Escalera', 'Fuentes', 'Granados', 'Huerta'],
    ...['Llanos', 'Montoya', 'Naranjo', 'Olivares', 'Peñaloza', 'Quintero', 'Sandoval', 'Zavala'],
  ],
  scripts: spanish,
};

export const communities: Business['communities'] = {
  US: englishSpeakers,
  GB: englishSpeakers,
  DE: englishSpeakers,
  FR: spanishSpeakers,
};
