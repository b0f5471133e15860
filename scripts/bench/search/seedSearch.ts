import pg from 'pg';
import type { BenchDatabase } from '../database/benchDatabase.ts';

export interface SearchSizes {
  readonly products: number;
  readonly messages: number;
}

const nouns =
  'Lamp Table Chair Sofa Bookcase Cushion Rug Mirror Vase Candle Lampe Tisch Stuhl Lámpara Mesa Tente Jacket Backpack Kettle Teapot';
const adjectives =
  'Oak Walnut Linen Velvet Brass Copper Blue Green Red Black White Grey Round Small Large Folding Vintage Modern Nordic Rustic Portable Waterproof Stackable Adjustable Hanging Standing Slim Deep Soft Heavy Light Marble Ceramic Glass Steel Leather Cotton Wool Bamboo Rattan';
const categories =
  'Lighting Furniture Storage Textiles Decor Camping Clothing Outdoor Kitchen Garden';

/** Three syllables out of which 1 680 makers' names are put together, as "Maralla" and "Belosen". */
const syllables = [
  'Mar Bel Tor Kin Lun Ves Dor Fel Gar Hol Jas Nor Pel Rin Sol',
  'a e i o u ea ou',
  'ndo lla sen rix tta vik mba ris ko len ptor sk nne rd lius xa',
];

const array = (words: string) => `string_to_array('${words}', ' ')`;
/** One of them, by a digit of the row's own hash. */
const one = (words: string, digit: number) =>
  `(${array(words)})[1 + (h / ${digit}) % ${words.split(' ').length}]`;

/**
 * Gives a tenant a catalogue and messages in the words of people. "warranty" is in 30 % of the
 * products and "delivery" in 30 % of the messages; a maker's name is in about 120 products and an
 * order's number in one message. Some words only a few of the newest products have, and "approved" and
 * "lacquered" 30 and 20 %, but none of the newest twentieth, as after an import of another kind.
 */
export async function seedSearch(
  database: BenchDatabase,
  tenantId: string,
  sizes: SearchSizes,
): Promise<void> {
  const client = new pg.Client({ connectionString: database.serverUrl, statement_timeout: 0 });
  client.on('error', () => undefined); // the pending query rejects with the same loss
  await client.connect();
  try {
    await client.query('begin');
    await client.query('set local statement_timeout = 0');
    await client.query('set local transaction_timeout = 0').catch(() => undefined);
    await client.query('select app.set_tenant($1)', [tenantId]);
    await client.query(
      `insert into app.products (tenant_id, id, name, description, sku, price_amount, price_currency,
         category, status, tags, stock, created_at, updated_at)
       select $1::uuid, gen_random_uuid(),
         concat_ws(' ', ${one(adjectives, 3)}, ${one(nouns, 127)}, ${one(syllables[0] ?? '', 1009)} || ${one(syllables[1] ?? '', 17)} || ${one(syllables[2] ?? '', 6007)}),
         'Made by hand in small series. ' || case when h % 10 < 3 then 'With a warranty of two years. ' else 'Ships within two days. ' end
           || ${one(adjectives, 541)} || ' finish, goes with every ' || lower(${one(nouns, 769)}) || '. A thing that is sold in a few words.'
           || case when n <= 300 and n % 30 = 0 then ' Zirconite.' when n <= 300 and n % 17 = 0 then ' Yttriose.' when n <= 1000 and n % 70 = 1 then ' Xenoline.' else '' end
           || case when n > $2::int / 20 and (h / 37) % 10 < 3 then ' Approved.' else '' end
           || case when n > $2::int / 20 and (h / 23) % 10 < 2 then ' Lacquered.' else '' end,
         'WARE-' || n, 5 + (h % 5000) / 10.0, 'EUR', ${one(categories, 29)},
         (array['ACTIVE', 'ACTIVE', 'ACTIVE', 'DRAFT'])[1 + (h / 7) % 4],
         array[lower(${one(adjectives, 3)}), (array['sale', 'new', 'gift', 'outlet'])[1 + (h / 11) % 4]], (h / 13) % 90, at, at
       from (select n, abs(hashint8(n::bigint * 7919)::bigint) as h, now() - (n || ' minutes')::interval as at
             from generate_series(1, $2::int) as n) as each`,
      [tenantId, sizes.products],
    );
    await client.query(
      `insert into app.product_words (tenant_id, word, product_id)
       select distinct on (each.word) $1::uuid, each.word, id
       from app.products, regexp_split_to_table(app.fold(concat_ws(' ', name, category, array_to_string(tags, ' '))), '[^[:alnum:]]+') as each (word)
       where tenant_id = $1 and length(each.word) between 3 and 40 and each.word !~ '[0-9]'
         and not exists (select from app.product_words k where k.tenant_id = $1 and k.word = each.word)`,
      [tenantId],
    );
    await client.query(
      `with thread as (
         select id, row_number() over (order by id) as place, count(*) over () as many
         from app.conversations where tenant_id = $1)
       insert into app.messages (tenant_id, id, conversation_id, direction, body, created_at)
       select $1::uuid, gen_random_uuid(), thread.id, 'OUTBOUND',
         case when h % 10 < 3 then 'The delivery of your ' else 'Thank you for asking after the ' end
           || lower(${one(adjectives, 3)}) || ' ' || lower(${one(nouns, 127)}) || ' by ' || ${one(syllables[0] ?? '', 1009)} || ${one(syllables[1] ?? '', 17)} || ${one(syllables[2] ?? '', 6007)}
           || ', order ' || n || 'x, will be seen to tomorrow.', at
       from (select n, abs(hashint8(n::bigint * 104729)::bigint) as h, now() - (n || ' seconds')::interval as at
             from generate_series(1, $2::int) as n) as each
       join thread on thread.place = 1 + n % thread.many`,
      [tenantId, sizes.messages],
    );
    await client.query('commit');
  } finally {
    await client.end();
  }
}
