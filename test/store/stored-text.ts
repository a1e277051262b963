/** Everything that a store holds as one text, chunks unpacked: for what must not be in it. */
import { gunzipSync } from 'node:zlib';
import type { Table } from '../../lambda/store/table.ts';

/** Of one policy's items alone where its name is given. */
export async function storedText(table: Table, policy = ''): Promise<string> {
  const texts: string[] = [];
  const packed = new Map<string, { readonly sk: string; readonly gz: Uint8Array }[]>();
  for await (const page of table.scan())
    for (const item of page) {
      if (!item.pk.startsWith(policy === '' ? '' : `${policy}/`)) continue;
      const gz = (item.value as { readonly gz?: unknown } | undefined)?.gz;
      texts.push(
        JSON.stringify(item, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)),
      );
      if (!(gz instanceof Uint8Array)) continue;
      const part = `${item.pk} ${item.sk.slice(0, item.sk.lastIndexOf('#'))}`;
      packed.set(part, [...(packed.get(part) ?? []), { sk: item.sk, gz }]);
    }
  for (const chunks of packed.values()) {
    const inOrder = chunks.toSorted((a, b) => (a.sk < b.sk ? -1 : 1)).map(({ gz }) => gz);
    texts.push(gunzipSync(Buffer.concat(inOrder)).toString('latin1'));
  }
  return texts.join('\n');
}
