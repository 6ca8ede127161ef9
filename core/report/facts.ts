import { digits, duration } from './digits.ts';
import type { Inspection } from './inspection.ts';
import { isUnquantised, normWord } from './words.ts';

export type Fact = readonly [term: string, value: string];

const runtimes = { native: 'ONNX Runtime', wasm: 'ONNX Runtime on WebAssembly' } as const;

/** What was asked, of which file, and on what it was computed: enough to ask again. */
export function settings(inspection: Inspection): readonly Fact[] {
  const { model, engine, norm, region, tool } = inspection;
  return [
    ['Model', `${model.file} (${model.format})`],
    ['SHA-256', model.sha256],
    ['Map', `${model.input} → ${model.output}, both flattened, batch 1`],
    ['Norm', normWord[norm]],
    ['Region', region],
    ...questionFacts(inspection),
    ...(isUnquantised(inspection)
      ? [['Quantisation', 'left out: the numbers are not about the file as it is'] as const]
      : []),
    ...timeFacts(inspection),
    ['Engine', `${runtimes[engine.runtime]}, ${engine.provider}, ${threadsText(engine.threads)}`],
    ...(engine.fallback === undefined ? [] : [['Fallback', engine.fallback] as const]),
    ...(inspection.run === undefined
      ? []
      : ([
          ['Processor', inspection.run.processor],
          ['System', `${inspection.run.system}, ${inspection.run.runtime}`],
        ] as const)),
    ['Tool', `${tool.name} ${tool.version}`],
  ];
}

/** Values of held inputs and sizes of free axes: with others it is another question. */
function questionFacts({ question }: Inspection): readonly Fact[] {
  const said = (values: Readonly<Record<string, string | number>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name} = ${value}`)
      .join(', ');
  const facts: readonly Fact[] = [
    ['Held inputs', said(question?.set ?? {})],
    ['Sizes', said(question?.dims ?? {})],
  ];
  return facts.filter(([, value]) => value !== '');
}

function timeFacts({ seconds, run }: Inspection): readonly Fact[] {
  if (run === undefined) return [['Time', duration(seconds)]];
  return [
    ['Computed', `${run.startedAt.slice(0, 16).replace('T', ' ')} UTC`],
    ['Time', `${duration(seconds)} of a budget of ${duration(run.budgetSeconds)}`],
  ];
}

const threadsText = (threads: number): string =>
  threads === 0 ? 'threads chosen by the engine' : `${threads} thread${threads === 1 ? '' : 's'}`;

/** What makes the lower end replayable; the points themselves are in the JSON. undefined without a witness. */
export function witnessSentence({ lipschitz, norm }: Inspection): string | undefined {
  const lower = lipschitz[norm]?.lower;
  if (lower?.witness === undefined) return undefined;
  const { x, y } = lower.witness;
  const distance = Math.hypot(...x.map((value, i) => value - (y[i] ?? 0)));
  return `Two inputs of ${x.length} numbers each, ${digits(distance, 'nearest')} apart in l2, between which the outputs move ${digits(lower.value, 'down')} times as far, measured in ${normWord[norm]}. The points are in the JSON report, and "lipschitz verify" recomputes the ratio.`;
}
