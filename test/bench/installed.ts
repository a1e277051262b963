/** The command as it is installed: packed and bundled, below the checkout, where it finds its Node by the folders above it. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../infra/bundle.ts';
import { pack } from '../../infra/pack.ts';

export interface Installed {
  /** What npm links: the launcher. */
  readonly path: string;
  remove(): void;
}

export async function installCommand(): Promise<Installed> {
  const folder = join(ROOT, 'dist', `bench-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  await pack(folder);
  return {
    path: join(folder, 'package', 'postfix-tls-watch.cjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
