import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { htmlToText } from '../../../../src/features/products/import/htmlText.ts';

describe('an HTML body becomes text', () => {
  test.each([
    ['<p>One</p><p>Two</p>', 'One\n\nTwo'],
    ['<p>One</p>\n\n  <p>Two\n  more</p>', 'One\n\nTwo more'],
    ['One<br>two<br/>three<BR />four', 'One\ntwo\nthree\nfour'],
    ['<ul>\n<li>One</li>\n<li><p>Two</p></li><li></li></ul><p>End</p>', '- One\n- Two\n\nEnd'],
    ['<div>One</div><div>Two</div>', 'One\nTwo'],
    ['<b>Bold</b>ly <i>go</i>', 'Boldly go'],
    ['<table><tr><th>A</th><td>1</td></tr><tr><th>B</th><td>2</td></tr></table>', 'A 1\nB 2'],
    ['<p>a</p><script>if (a < b) "</p>"</script><style>p{}</style>b', 'a\n\nb'],
    ['<SCRIPT>x</SCRIPT >visible', 'visible'],
    ['<script>never closed <p>x</p>', ''],
    ['a<!-- <p>hidden</p> -->b<!-- open', 'ab'],
    ['<a title="1 > 0" href=\'x\'>link</a>', 'link'],
    ['<p>1 < 2 & 3 > 2, I <3 you</p>', '1 < 2 & 3 > 2, I <3 you'],
    [
      '<p>&lt;b&gt; &amp;amp; &euro;5 &#233;&#xE9; &#146; &nbsp;x &nosuch; &#0;</p>',
      '<b> &amp; €5 éé ’ x &nosuch; \ufffd',
    ],
    ['Tom &amp; Jerry\nsecond line', 'Tom & Jerry\nsecond line'],
    ['<p', ''],
    ['', ''],
  ])('%j', (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  test('any text that is escaped comes back, whatever it holds', () => {
    const words = fc.array(fc.stringMatching(/^[!-~À-ž€😀]{1,8}$/u), { minLength: 1 });
    fc.assert(
      fc.property(words, (list) => {
        const text = list.join(' ');
        const html = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
        expect(htmlToText(`<p>${html}</p>`)).toBe(text);
      }),
    );
  });

  test('hostile markup takes a time that grows with its length only', () => {
    const pieces = [
      '<',
      '<a ',
      '<a "',
      '<!--',
      '<script>',
      '</',
      '&',
      '<li>',
      '<p>',
      '<br>',
      '<a <',
      'x<b>',
      'x <br>',
      ' ',
    ];
    const started = performance.now();
    for (const piece of pieces) htmlToText(piece.repeat(500_000 / piece.length));
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
