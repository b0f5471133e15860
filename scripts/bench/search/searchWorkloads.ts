/** What a search page asks, in turn with several words, so that no one answer is kept warm. */
export interface SearchWorkload {
  readonly name: string;
  readonly query: string;
  readonly variables: readonly Readonly<Record<string, unknown>>[];
  /** Whether it finds something; an answer that does otherwise ends the run. */
  readonly finds: boolean;
}

const makers = [
  'Maralla',
  'Belosen',
  'Torurix',
  'Kinatta',
  'Lunevik',
  'Vesomba',
  'Dorako',
  'Norilen',
];
const node = 'id name sku status price { amount currencyCode }';
const page = 'pageInfo { hasNextPage endCursor }';
const lists =
  'facets { complete categories { value count } conditions { value count } statuses { value count } tags { value count } }';
const args = 'search: $search, filter: $filter, first: 20';
const products = (selection: string) =>
  `query ($search: String, $filter: ProductFilter, $after: String) { products(${args}, after: $after) { ${selection} } }`;
const list = products(`nodes { ${node} } ${page}`);
const search = (...words: string[]) => words.map((word) => ({ search: word }));
const filter = {
  status: { eq: 'ACTIVE' },
  price: { gte: '50', lte: '400' },
  category: { eq: 'Lighting' },
  stock: { gt: 5 },
};
const messages = `query ($search: String!, $filter: MessageSearchFilter) {
  messageSearch(search: $search, filter: $filter, first: 20) {
    nodes { message { id body createdAt conversation { id subject } } snippet { text match } } ${page} } }`;

const one = (
  name: string,
  query: string,
  variables: SearchWorkload['variables'],
  finds = true,
): SearchWorkload => ({ name, query, variables, finds });

/** The first is what the others are compared with. */
export const searchWorkloads: readonly SearchWorkload[] = [
  one('products page', list, [{}]),
  one('rare word', list, search(...makers)),
  one('very common word (30 %)', list, search('warranty')),
  one('two words', list, search('oak lamp', 'red chair', 'velvet sofa', 'glass vase')),
  one('rare and common word', list, search('maralla warranty', 'belosen warranty')),
  one('prefix', list, search('lam', 'war', 'boo', 'mara')),
  one('typo', list, search('lapm', 'lmap', 'tabel', 'marralla', 'belsoen')),
  one('word of some of the newest', list, search('zirconite', 'yttriose', 'xenoline')),
  one('common word, not of the newest', list, [
    ...search('approved', 'lacquered', 'appr', 'approved lacquered', 'approved maralla'),
  ]),
  one('word and filters', list, [
    { search: 'lamp', filter },
    { search: 'maralla', filter: { status: filter.status, price: filter.price } },
  ]),
  one('search + totalCount', products(`totalCount totalCountPrecision nodes { ${node} } ${page}`), [
    ...search('lamp', 'warranty', ...makers.slice(0, 3)),
  ]),
  one('facets', products(lists), [{}]),
  one('facets with filters', products(lists), [{ filter }]),
  one('facets with search', products(lists), search('lamp', 'warranty', ...makers.slice(0, 3))),
  one('nothing found', list, search('qqqqq', 'zzyzx lamp'), false),
  one('messages: rare word', messages, search('77001x', '1234x', '5678x')),
  one('messages: very common word (30 %)', messages, search('delivery')),
  one('messages: two words', messages, search('delivery lamp', 'oak maralla')),
  one('messages: nothing found', messages, search('qqqqq'), false),
];

/** Pages of the same search, whose cursors must be read first. */
export const pagesOf = { query: list, search: ['warranty', 'lamp'], places: [2, 50] } as const;
