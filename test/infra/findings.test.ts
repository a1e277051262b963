/** What the validators have to say: nothing, and that they would say something. */
import { Annotations, CfnResource } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { ALL, example } from './examples.ts';
import { synthesise } from './synth.ts';

test.for(ALL)('$name: no finding is left unacknowledged, warnings included', (environment) => {
  expect(synthesise(environment).findings).toEqual([]);
});

test('cdk-nag stops a synth', () => {
  expect(() => synthesise(example('dev'), (stack) => void new Queue(stack, 'Open'))).toThrow(/AwsSolutions-SQS4/);
});

test('the bundled validator stops a synth', () => {
  const spoil = () =>
    synthesise(
      example('dev'),
      (stack) => void new CfnResource(stack, 'Wrong', { type: 'AWS::SQS::Queue', properties: { Nonsense: true } }),
    );
  expect(spoil).toThrow(/Additional properties are not allowed \('Nonsense' was unexpected\)/);
});

test('a warning, which stops nothing, is in the report', () => {
  const { findings } = synthesise(example('dev'), (stack) => Annotations.of(stack).addWarningV2('ours:try', 'look here'));
  expect(findings).toEqual(['Construct Annotations: Annotation::ours:try: look here']);
});
