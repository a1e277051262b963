/**
 * The rules and the dashboard of docs/examples: they name metrics, labels and values that are told, Prometheus' own tool
 * takes them and runs their unit tests, and the rules fire on what the program writes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { FAMILIES, type FamilyName, PREFIX } from '../../../lambda/command/metrics/families.ts';
import { ROOT } from '../../pages.ts';
import { startScene } from '../scene.ts';
import { NO_PROMTOOL, promtool } from './promtool.ts';
import { readMetrics } from './read-metrics.ts';

const RULES = join(ROOT, 'docs/examples/prometheus-rules.yml');
const RULE_TESTS = join(import.meta.dirname, 'prometheus-rules.yml');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const { groups } = parse(readFileSync(RULES, 'utf8')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(ROOT, 'docs/examples/grafana-dashboard.json'), 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ of: title, expr })));
const expressions = [...rules.map(({ alert, expr }) => ({ of: alert, expr })), ...queries];

/** Values that a label may have, where they are a closed set. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  standing: ['failing', 'failing-soon', 'degraded', 'unjudged', 'blind', 'channel'],
  muted: ['true', 'false'],
  verdict: ['pass', 'degraded', 'fail', 'undetermined', 'unchecked'],
  coverage: ['watched', 'nothing-asked', 'not-watched'],
};
const COMMON = ['policy', 'vantage', 'instance', 'job'];

test('there are some to hold to something', () => {
  expect(rules.length).toBeGreaterThan(10);
  expect(queries.length).toBeGreaterThan(12);
});

test.each(expressions)('$of asks for metrics, labels and values that there are', ({ expr }) => {
  const named = [...expr.matchAll(/postfix_tls_watch_([a-z_]+)(?:\{([^}]*)\})?/g)];
  expect(named.length).toBeGreaterThan(0);
  for (const [, name = '', inside = ''] of named) {
    expect(Object.keys(FAMILIES)).toContain(name);
    const labels: readonly string[] = [...FAMILIES[name as FamilyName].labels, ...COMMON];
    for (const [, label = '', operator, value = ''] of inside.matchAll(/([a-z_]+)(=~|=)"([^"]*)"/g)) {
      expect(labels, `${name} ${label}`).toContain(label);
      if (operator === '=' && label in VALUES) expect(VALUES[label], label).toContain(value);
    }
  }
});

test('what a rule says to a person uses labels that its series have', () => {
  for (const { alert, expr, annotations } of rules) {
    const [, name = ''] = /postfix_tls_watch_([a-z_]+)/.exec(expr) ?? [];
    const labels: readonly string[] = [...FAMILIES[name as FamilyName].labels, ...COMMON];
    const used = [...JSON.stringify(annotations).matchAll(/\$labels\.([a-z_]+)/g)].map(([, label]) => label ?? '');
    expect(
      used.filter((label) => !labels.includes(label)),
      alert,
    ).toEqual([]);
  }
});

test('panels have a title, a sentence and a place of their own', () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, description, gridPos } of panels) {
    expect(title).not.toBe('');
    expect(description).toMatch(/\.$/);
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`), `${title} lies upon another`).toBe(false);
        taken.add(`${x} ${y}`);
      }
  }
});

test('variables of the dashboard are there, and those that are used are', () => {
  const names = dashboard.templating.list.map(({ name }) => name);
  const used = [...JSON.stringify(dashboard).matchAll(/\$\{?([a-z]+)\}?/g)].map(([, name]) => name);
  expect([...new Set(used)].toSorted()).toEqual([...names].toSorted());
  for (const { definition } of dashboard.templating.list)
    if (definition !== undefined)
      expect(definition).toMatch(/^label_values\(postfix_tls_watch_build_info, (?:policy|vantage)\)$/);
});

describe.skipIf(NO_PROMTOOL !== undefined)(`promtool${NO_PROMTOOL === undefined ? '' : ` (${NO_PROMTOOL})`}`, () => {
  test('takes the rules', () => {
    expect(promtool(['check', 'rules', RULES])).toEqual({
      code: 0,
      said: `Checking ${RULES}\n  SUCCESS: ${rules.length} rules found\n\n`,
    });
  });

  test('runs their unit tests, and each rule has one that fires', () => {
    expect(promtool(['test', 'rules', RULE_TESTS])).toMatchObject({ code: 0, said: expect.stringMatching(/SUCCESS\s*$/) });
    const { tests } = parse(readFileSync(RULE_TESTS, 'utf8')) as {
      readonly tests: readonly {
        readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
      }[];
    };
    const fired = tests
      .flatMap((one) => one.alert_rule_test)
      .flatMap((row) => (row.exp_alerts.length === 0 ? [] : [row.alertname]));
    expect([...new Set(fired)].toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });

  test('understands every query of the dashboard, and would not one that is wrong', () => {
    const asRules = (all: readonly string[]) =>
      JSON.stringify({ groups: [{ name: 'queries', rules: all.map((expr, i) => ({ record: `query:${i}`, expr })) }] });
    inFolder((dir) => {
      const path = join(dir, 'queries.yml');
      writeFileSync(path, asRules(queries.map(({ expr }) => expr)));
      expect(promtool(['check', 'rules', path])).toMatchObject({ code: 0 });
      writeFileSync(path, asRules([`sum by (entry ${PREFIX}entries`]));
      expect(promtool(['check', 'rules', path])).toMatchObject({ code: 1 });
    });
  });

  test('the dashboard is empty where nobody tells anything, and counts nothing as 0 where somebody does', () => {
    const every = queries.map(({ expr }) => expr.replaceAll(/\$(?:policy|vantage)/g, '.*'));
    const counts = every.filter((expr) => expr.includes(' or '));
    const zero = { labels: '{}', value: 0 };
    const told = `${PREFIX}build_info{policy="p", vantage="a"}`;
    const ask = (all: readonly string[], samples: readonly object[]) =>
      all.map((expr) => ({ expr, eval_time: '1m', exp_samples: samples }));
    inFolder((dir) => {
      const path = join(dir, 'board.yml');
      const tests = [
        { interval: '1m', promql_expr_test: ask(every, []) },
        { interval: '1m', input_series: [{ series: told, values: '1x2' }], promql_expr_test: ask(counts, [zero]) },
      ];
      writeFileSync(path, JSON.stringify({ tests }));
      expect(promtool(['test', 'rules', path])).toMatchObject({ code: 0 });
    });
    expect(counts).toHaveLength(2);
  });

  test('lets them fire on what the program writes', { timeout: 300_000 }, async () => {
    const scene = await startScene();
    try {
      await scene.watch();
      const { out } = await scene.run(['metrics', ...scene.storeFlags]);
      const series = readMetrics(out).map(({ name, labels, value }) => ({
        series: `${name}{${Object.entries({ ...labels, instance: 'mx1' })
          .map(([label, text]) => `${label}=${JSON.stringify(text)}`)
          .join(',')}}`,
        values: String(value),
      }));
      const rows = rules.map(({ alert }) => ({ eval_time: '0m', alertname: alert, exp_alerts: [] }));
      inFolder((dir) => {
        const path = join(dir, 'fires.yml');
        writeFileSync(
          path,
          JSON.stringify({ rule_files: [RULES], tests: [{ interval: '1m', input_series: series, alert_rule_test: rows }] }),
        );
        // That none fires is expected, and so what does is listed.
        const { said } = promtool(['test', 'rules', path]);
        expect(said.match(/alertname="\w+", entry="[^"]*"/g)).toEqual(['alertname="PostfixTlsEntryFails", entry="fastmail.fm"']);
        expect(said).toContain('summary="Mail to fastmail.fm would not be delivered"');
        expect(said.match(/alertname: /g)).toHaveLength(1);
      });
    } finally {
      await scene.close();
    }
  });
});

function inFolder(use: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
