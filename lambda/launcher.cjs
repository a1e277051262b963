#!/usr/bin/env node
/*
 * The installed command: runs dist/cli.js under Node 24, whatever Node started this file, and with
 * little memory.
 *
 * Where the running one is older, the package node-PLATFORM-ARCH, an optional dependency, brings
 * the right one. Plain CommonJS without new syntax, since old Nodes must be able to run it. Exit
 * status 3, as for any error of ours.
 */
'use strict';

const { spawn } = require('node:child_process');
const { dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');

const CLI = join(__dirname, 'dist', 'cli.js');
const NEEDED = 24;
/*
 * Over 20,000 entries these take a third of the memory that Node takes by itself, for some CPU
 * time.
 */
const SMALL = ['--optimize-for-size', '--max-semi-space-size=2', '--no-memory-reducer'];
/*
 * A Node 24 before 24.21 may warn on standard error that SQLite is experimental: cron would mail
 * that every day.
 */
const QUIET = ['--disable-warning=ExperimentalWarning'];

const [major, minor] = process.versions.node.split('.').map(Number);
const isOld = major < NEEDED;
/* Known to need no flag that only a new process can be given. */
const isKnown = major === NEEDED && minor >= 21;
const node = isOld ? packagedNode() : process.execPath;
if (node === undefined) {
  giveUp(
    `Node ${process.version} is too old: Node ${NEEDED} or newer is needed, and none came with ` +
      `this package for ${process.platform}-${process.arch}; install one from nodejs.org, or ` +
      'reinstall without --omit=optional',
  );
} else if (isKnown) {
  here();
} else {
  run(node, [
    ...(isOld ? [] : process.execArgv),
    ...SMALL,
    ...QUIET,
    CLI,
    ...process.argv.slice(2),
  ]);
}

/**
 * In this process: starting another one takes as long as the command. The young generation stays as
 * small as it is, until the command knows how much there is to do (command/memory.ts).
 */
function here() {
  require('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
  import(pathToFileURL(CLI).href).catch(giveUp);
}

/** Path of the Node that came along; undefined where there is none for this machine. */
function packagedNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  try {
    const root = dirname(require.resolve(`${name}/package.json`));
    return join(root, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}

/**
 * Replaces this process by the other one where this Node can; else starts it as a child and passes
 * on streams, signals and exit status.
 */
function run(node, args) {
  if (typeof process.execve === 'function' && process.platform !== 'win32')
    process.execve(node, [node, ...args], process.env);
  const child = spawn(node, args, { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', giveUp);
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code === null ? 3 : code;
      return;
    }
    for (const each of signals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

function giveUp(error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 3;
}
