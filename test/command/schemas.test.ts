import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PUBLISHED, schemaFile, schemaText } from './schemas.ts';

test.each(Object.entries(PUBLISHED))(
  'the published schema of %s is the one in use (npm run schemas writes it)',
  (command, schema) => {
    expect(readFileSync(schemaFile(command), 'utf8')).toBe(schemaText(command, schema));
  },
);
