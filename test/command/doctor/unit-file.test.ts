/** What is read of a unit and its drop-ins, as systemd reads them. */
import { expect, test } from 'vitest';
import { commandWords, environmentOf, findUnit, parseUnit } from '../../../lambda/command/doctor/unit-file.ts';
import type { FileRead } from '../../../lambda/policy/gather/machine.ts';

const NAME = 'postfix-tls-watch.service';
const nothing = {
  name: NAME,
  supplementaryGroups: [],
  dynamicUser: false,
  environment: [],
  environmentFiles: [],
  credentials: [],
  command: '',
};

test.each([
  { because: 'an empty unit', texts: [''], unit: {} },
  { because: 'a user', texts: ['[Service]\nUser=watch\nGroup = mail\n'], unit: { user: 'watch', group: 'mail' } },
  { because: 'the last one counts', texts: ['[Service]\nUser=a\nUser=b'], unit: { user: 'b' } },
  { because: 'an empty one takes it back', texts: ['[Service]\nUser=a\nUser='], unit: {} },
  { because: 'another section', texts: ['[Unit]\nUser=a\n[Install]\nUser=b'], unit: {} },
  { because: 'a comment', texts: ['[Service]\n#User=a\n;User=b'], unit: {} },
  {
    because: 'lists add up',
    texts: ['[Service]\nSupplementaryGroups=postfix adm\nSupplementaryGroups=ssl-cert'],
    unit: { supplementaryGroups: ['postfix', 'adm', 'ssl-cert'] },
  },
  {
    because: 'a drop-in empties a list and begins it anew',
    texts: ['[Service]\nSupplementaryGroups=postfix', '[Service]\nSupplementaryGroups=\nSupplementaryGroups=adm'],
    unit: { supplementaryGroups: ['adm'] },
  },
  {
    because: 'a user of its own',
    texts: ['[Service]\nDynamicUser=yes\nStateDirectory=a b'],
    unit: { dynamicUser: true, stateDirectory: 'a', writable: ['/var/lib/a'] },
  },
  {
    because: 'a system that is read-only but for some paths',
    texts: ['[Service]\nProtectSystem=strict\nReadWritePaths=-/srv/a +/srv/b\nReadWritePaths=/srv/c'],
    unit: { writable: ['/srv/a', '/srv/b', '/srv/c'] },
  },
  { because: 'a system that is read-only in part', texts: ['[Service]\nProtectSystem=full\nReadWritePaths=/srv/a'], unit: {} },
  { because: 'no user of its own', texts: ['[Service]\nDynamicUser=no'], unit: {} },
  {
    because: 'a command over two lines',
    texts: ['[Service]\nExecStart=/usr/local/bin/postfix-tls-watch watch \\\n  --mail-to a@b.example'],
    unit: { command: '/usr/local/bin/postfix-tls-watch watch    --mail-to a@b.example' },
  },
  {
    because: 'an environment',
    texts: ['[Service]\nEnvironment=A=1 "B=2 3"\nEnvironmentFile=-/etc/x'],
    unit: { environment: ['A=1', 'B=2 3'], environmentFiles: ['-/etc/x'] },
  },
])('$because', ({ texts, unit }) => {
  expect(parseUnit(NAME, texts)).toEqual({ ...nothing, ...unit });
});

test.each([
  { command: '/bin/x watch --a "b c"', words: ['/bin/x', 'watch', '--a', 'b c'], because: 'quotes' },
  { command: '-/bin/x watch', words: ['/bin/x', 'watch'], because: 'a prefix that changes how it is started' },
  { command: `/bin/x \${ME} a\${ME}b \${NOT}`, words: ['/bin/x', 'you', 'ayoub', ''], because: 'variables' },
  { command: `/bin/x \${CREDENTIALS_DIRECTORY}/smtp`, words: ['/bin/x', '/etc/x:y'], because: 'a credential is its file' },
])('the words of a command line: $because', ({ command, words }) => {
  const unit = parseUnit(NAME, [`[Service]\nExecStart=${command}\nLoadCredential=smtp:/etc/x:y`]);
  expect(commandWords(unit, { ME: 'you' })).toEqual(words);
});

test('an environment file', () => {
  expect(environmentOf(['# a comment', 'A=1', ' B = 2', 'C="3 4"', "D='5'", 'E=', 'no line'])).toEqual({
    A: '1',
    C: '3 4',
    D: '5',
    E: '',
  });
});

test("an administrator's unit goes before a package's, and so do drop-ins of one name", async () => {
  const files = new Map([
    [`/etc/systemd/system/${NAME}`, '[Service]\nUser=etc'],
    [`/usr/lib/systemd/system/${NAME}`, '[Service]\nUser=usr'],
    [`/etc/systemd/system/${NAME}.d/10.conf`, '[Service]\nGroup=etc'],
    [`/usr/lib/systemd/system/${NAME}.d/10.conf`, '[Service]\nGroup=usr'],
    [`/usr/lib/systemd/system/${NAME}.d/05.conf`, '[Service]\nGroup=first\nStateDirectory=five'],
    [`/etc/systemd/system/${NAME}.d/20.txt`, '[Service]\nGroup=none'],
  ]);
  const machine = {
    read: async (path: string): Promise<FileRead> => {
      const text = files.get(path);
      return text === undefined
        ? { kind: 'failed', because: 'No such file or directory' }
        : { kind: 'read', bytes: Buffer.from(text), mode: 0o644, uid: 0, gid: 0, modifiedMs: 0 };
    },
    list: async (folder: string) =>
      [...files.keys()].flatMap((path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : [])).sort(),
  };
  expect(await findUnit(NAME, machine)).toEqual({ ...nothing, user: 'etc', group: 'etc', stateDirectory: 'five' });
  files.clear();
  expect(await findUnit(NAME, machine)).toBeUndefined();
});
