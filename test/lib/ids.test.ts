import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeId, encodeId, type IdType } from '../../src/lib/ids.ts';

// https://github.com/jetify-com/typeid/blob/main/spec/valid.yml
test.each([
  ['00000000-0000-0000-0000-000000000000', '00000000000000000000000000'],
  ['00000000-0000-0000-0000-000000000001', '00000000000000000000000001'],
  ['00000000-0000-0000-0000-000000000020', '00000000000000000000000010'],
  ['ffffffff-ffff-ffff-ffff-ffffffffffff', '7zzzzzzzzzzzzzzzzzzzzzzzzz'],
  ['0110c853-1d09-52d8-d73e-1194e95b5f19', '0123456789abcdefghjkmnpqrs'],
  ['01890a5d-ac96-774b-bcce-b302099a8057', '01h455vb4pex5vsknk084sn02q'],
])('%s is written as the TypeID specification has it', (uuid, suffix) => {
  expect(encodeId('Product', uuid)).toBe(`prd_${suffix}`);
  expect(decodeId(`prd_${suffix}`)).toEqual({ type: 'Product', uuid });
});

test('any UUID comes back from its id, whose letters are its bits', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      const id = encodeId('Customer', uuid);
      const bits = [...id.slice(4)].reduce(
        (sum, letter) => sum * 32n + BigInt('0123456789abcdefghjkmnpqrstvwxyz'.indexOf(letter)),
        0n,
      );
      expect(bits).toBe(BigInt(`0x${uuid.replaceAll('-', '')}`));
      expect(decodeId(id)).toEqual({ type: 'Customer', uuid });
    }),
  );
});

test('what is no UUID is written without anything of the one before', () => {
  encodeId('Product', 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  expect(encodeId('Product', '01')).toBe(`prd_01${'0'.repeat(24)}`);
});

test('an id of a type that is none any more is no reason to throw', () => {
  const id = encodeId('Gone' as IdType, '01890a5d-ac96-774b-bcce-b302099a8057');
  expect(id).toBe('undefined_01h455vb4pex5vsknk084sn02q');
});

test.each([
  ['one letter too few', 'prd_0123456789abcdefghjkmnpqr'],
  ['one too many', 'prd_0123456789abcdefghjkmnpqrst'],
  ['more than 128 bits', 'prd_8zzzzzzzzzzzzzzzzzzzzzzzzz'],
  ['a letter that is none', 'prd_0123456789abcdefghjkmnpqru'],
  ['a large letter', 'prd_0123456789ABCDEFGHJKMNPQRS'],
  ['no type of ours', 'xyz_0123456789abcdefghjkmnpqrs'],
  ['another separator', 'prd-0123456789abcdefghjkmnpqrs'],
])('no id: %s', (_what, id) => {
  expect(decodeId(id)).toBe(null);
});
