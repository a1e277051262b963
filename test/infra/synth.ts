/** An app as `cdk synth` would make it, with the flags of cdk.json, but without bundling: quick enough for every test run. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { checkEnvironment, type Environment } from '../../infra/environments.ts';
import { WatchStack } from '../../infra/watch-stack.ts';

/** The flags that cdk.json sets. */
export const CONTEXT = (
  JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
    readonly context: Readonly<Record<string, unknown>>;
  }
).context;

export interface Synthesised {
  readonly template: Template;
  /** What cdk-nag, the bundled validator and CDK itself still say once acknowledgements are taken off. */
  readonly findings: readonly string[];
}

/** Synthesises one environment; `change` may spoil the stack first, to see that the checks have teeth. */
export function synthesise(record: Environment, change?: (stack: Stack) => void): Synthesised {
  const outdir = mkdtempSync(join(tmpdir(), 'tls-watch-cdk-'));
  try {
    const app = new App({ outdir, context: { ...CONTEXT, 'aws:cdk:bundling-stacks': [] } });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const stack = new WatchStack(app, checkEnvironment(record));
    change?.(stack);
    const { template } = app.synth().getStackArtifact(stack.artifactId);
    return { template: Template.fromJSON(template as Record<string, unknown>), findings: readFindings(outdir) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The template of an environment as it is, made once per test file. */
export function templateOf(environment: Environment): Template {
  const made = templates.get(environment) ?? synthesise(environment).template;
  templates.set(environment, made);
  return made;
}

const templates = new Map<Environment, Template>();

/** A function of the stack by its id there. */
export function functionNamed(template: Template, id: 'Function' | 'DashboardFunction'): Readonly<Record<string, unknown>> {
  return byId(template, 'AWS::Lambda::Function', id).Properties as Record<string, unknown>;
}

/** The one resource of a type whose logical id is that id and a digest. */
export function byId(template: Template, type: string, id: string): { readonly name: string; readonly Properties: unknown } {
  const [found] = Object.entries(template.findResources(type)).filter(([name]) => name.replace(/[0-9A-F]{8}$/, '') === id);
  if (found === undefined) throw new Error(`no ${id} of type ${type}`);
  return { name: found[0], Properties: found[1].Properties };
}

/** The properties of the only resource of a type. */
export function only(template: Template, type: string): Readonly<Record<string, unknown>> {
  const found = Object.values(template.findResources(type));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}`);
  return found[0]?.Properties as Record<string, unknown>;
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly { readonly ruleName: string; readonly description: string }[];
  }[];
}

function readFindings(outdir: string): readonly string[] {
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report;
  return report.pluginReports.flatMap(({ pluginName, violations }) =>
    violations.map(({ ruleName, description }) => `${pluginName}: ${ruleName}: ${description}`),
  );
}
