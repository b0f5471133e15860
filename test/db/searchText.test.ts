import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

// Rows that were stored before the short cuts of app.fold() and app.product_search_vector() are compared
// with what these make now, so both have to be what the long way round gives.

let clone: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  clone = await createTestDatabase();
  admin = new pg.Client({ connectionString: clone.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  void clone?.drop();
});

const byDictionary = (text: string) =>
  `lower(extensions.unaccent('extensions.unaccent'::regdictionary, ${text}))`;

test('text is folded as the dictionary does it, with and without letters that it knows', async () => {
  const { rows } = await admin.query<{ input: string; folded: string; wanted: string }>(
    `select input, app.fold(input) as folded, ${byDictionary('input')} as wanted
     from (select chr(code) from generate_series(1, 1023) as code
           union all select chr(code) || 'a' || chr(code + 1) from generate_series(1, 1023) as code
           union all values (''), ('SKU-7 ABC'), ('Camión ÀÉÎ'), ('Straße №5 ½ œuvre'), ('灯 Lamp')) as given (input)`,
  );
  expect(rows).toHaveLength(2 * 1023 + 5);
  expect(rows.filter(({ folded, wanted }) => folded !== wanted)).toEqual([]);
  const { rows: nothing } = await admin.query('select app.fold(null) as folded');
  expect(nothing).toEqual([{ folded: null }]);
});

test('what a product lacks leaves its search vector as it was', async () => {
  const part = (text: string, weight: string) =>
    `setweight(to_tsvector('pg_catalog.simple', translate(${byDictionary(text)}, '-/_.:@', '      ')), '${weight}')`;
  const { rows } = await admin.query<{ vector: string; wanted: string }>(
    `select app.product_search_vector(name, sku, category, tags, description)::text as vector,
       (${part(`concat_ws(' ', name, sku)`, 'A')}
        || ${part(`concat_ws(' ', category, array_to_string(tags, ' '))`, 'B')}
        || ${part(`coalesce(left(description, 20000), '')`, 'D')})::text as wanted
     from (values ('Lámpara'), ('Red/Blue 5-7'), ('')) as name (name),
       (values (null), (''), ('SKU-7.b')) as sku (sku),
       (values (null), (''), (' '), ('Müller_Home')) as category (category),
       (values (null), ('{}'::text[]), ('{NULL}'), ('{""}'), ('{red,Große Lampe}')) as tags (tags),
       (values (null), (''), ('-'), ('A lamp for @home')) as description (description)`,
  );
  expect(rows).toHaveLength(3 * 3 * 4 * 5 * 4);
  expect(rows.filter(({ vector, wanted }) => vector !== wanted)).toEqual([]);
});

test('a word’s beginning has its bits in the signature, in any script', async () => {
  const { rows } = await admin.query<{ word: string; many: number; place: number; has: number }>(
    `select word, many, place, get_bit(signature, place) as has
     from (values ('Lámpara Red/Blue 5-7', 'SKU-77.b', 'Müller_Home', '{sale,Große Lampe}'::text[], 'A lamp''s <b>shade</b> of 1e5x & 3rd; 灯灯灯 ñandú, бархат, aß')) as
         product (name, sku, category, tags, description),
       app.product_search_signature(name, sku, category, tags, description) as signature,
       unnest(tsvector_to_array(app.product_search_vector(name, sku, category, tags, description))) as word,
       convert_to(word, 'UTF8') as bytes, generate_series(3, least(4, length(bytes))) as many,
       generate_series(1, 2) as way, app.search_bit(app.search_beginning(bytes, many), way) as place`,
  );
  const words = (letters: number) => rows.filter(({ many }) => many === letters).map((r) => r.word);
  expect(words(3)).toEqual(expect.arrayContaining(['lampara', 'red', 'sku', '灯灯灯', 'бархат']));
  expect(words(4)).toEqual(
    expect.arrayContaining(['lampara', 'nandu', 'sale', '灯灯灯', 'бархат']),
  );
  expect(words(4)).not.toContain('red');
  expect(rows.filter(({ has }) => has !== 1)).toEqual([]);
});

test('a query has the bits that all of its words have', async () => {
  const { rows } = await admin.query<{ query: string; bits: number[] | null }>(
    `select query, app.common_bits(query::tsquery) as bits
     from unnest(array['lamp:*', 'lampe:*', 'lamp | lampe', 'lamp | land', 'lam:*', 'lamp | book', 'la:*', 'бархат:*']) as query`,
  );
  const of = (query: string) => rows.find((row) => row.query === query)?.bits;
  // Stored in rows: other numbers for the same words would make them unfindable.
  expect(of('lamp:*')).toEqual([467, 508]);
  expect(of('lam:*')).toEqual([89, 824]);
  expect(of('lampe:*')).toEqual(of('lamp:*'));
  expect(of('lamp | lampe')).toEqual(of('lamp:*'));
  expect(of('lamp | land')).toBeNull();
  expect(of('lamp | book')).toBeNull();
  expect(of('la:*')).toBeNull();
  expect(of('бархат:*')).toHaveLength(2);
});

test('each tenant’s words are its own', async () => {
  const asked = async (text: string, values: unknown[]) =>
    (await admin.query<{ value: string | boolean }>(`select ${text} as value`, values)).rows[0]
      ?.value;
  const [a, b] = ['01a200e1-be03-77e6-8775-26e120f12cec', '01a200e1-be03-77e6-8775-26e120f12ced'];
  // Kept in indexes: made in another way, what is there would not be found.
  expect(await asked(`app.tenant_words($1, 'blue:1A lamp:2')::text`, [a])).toBe(
    "'20f12cecblue' '20f12ceclamp'",
  );
  const fits = `app.tenant_words($1, 'blue:1 lamp:2') @@ app.tenant_query($2, $3)`;
  for (const query of ['lam:* & blue', 'lamp | red', "'lamp' <-> 'blue'", "'blue' <2> 'lamp'"]) {
    expect(await asked(fits, [a, a, query])).toBe(true);
    expect(await asked(fits, [a, b, query])).toBe(false);
  }
  expect(await asked(fits, [a, a, 'red & lamp'])).toBe(false);
  // As long as Postgres has words, and what stands before them comes on top.
  const { rows } = await admin.query<{ letter: string; found: boolean }>(
    `select letter, size, app.tenant_words($1, to_tsvector('simple', word)) @@ app.tenant_query($1, (left(word, 200) || ':*')::tsquery) as found
     from unnest(array['l', 'ж', '灯']) as letter, generate_series(2030, 2046) as size,
       concat(repeat(letter, size / octet_length(letter)), repeat('a', size % octet_length(letter))) as word`,
    [a],
  );
  expect(rows).toHaveLength(3 * 17);
  expect(rows.filter(({ found }) => !found)).toEqual([]);
});

test.each([
  ['a', 2_030],
  ['a', 2_039],
  ['a', 2_040],
  ['a', 2_046],
  ['灯', 682],
  ['𠀀', 511],
])(
  'a word of %s, %i times, is found by its beginning among the tenant’s own',
  async (letter, times) => {
    const { rows } = await admin.query(
      `select app.tenant_words(id, vector) @@ app.tenant_query(id, to_tsquery('simple', repeat($1, 200) || ':*')) as is_found,
       tsvector_to_array(app.tenant_words(id, vector)) as words
     from to_tsvector('simple', repeat($1, $2) || ' lamp') as vector,
       cast('01a200e1-be03-77e6-8775-26e120f12cec' as uuid) as id`,
      [letter, times],
    );
    expect(rows[0].is_found).toBe(true);
    expect(rows[0].words).toContain('20f12ceclamp');
    for (const word of rows[0].words) expect(word).toMatch(/^20f12cec./);
  },
);
