/**
 * Markup as templates: `html` makes a tree of it, in which every value is text or a child and never
 * markup; `render` writes the tree with all of it escaped. Nothing here escapes by hand.
 */
import { html as template } from 'htm/preact';
import type { ComponentChild, VNode } from 'preact';
import { render as renderTree } from 'preact-render-to-string';

/** A part of a page: a tree, a text, several of them, or nothing. */
export type Part = ComponentChild | readonly Part[];

export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode = template;

/** A whole document; drawings end their elements at once, which is half of their size. */
export const render = (page: VNode): string =>
  `<!doctype html>\n${renderTree(page).replaceAll(/><\/(?:rect|use|path|line|circle)>/g, '/>')}\n`;

/** Our own style or script, which is no text of strangers: it is written as it is. */
export const verbatim = (code: string) => ({ __html: code });
