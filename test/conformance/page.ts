import { grouped, type Outcome } from './example.ts';

/** What became of all examples in one respect. */
export interface Followed {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly wrong: ReadonlyMap<string, string>;
}

export interface Conformance {
  readonly pairs: number;
  readonly values: Followed;
  readonly derivatives: Followed;
  /** Operators that were computed in float32 inside a float64 derivative. */
  readonly single: readonly string[];
}

/** docs/conformance.md. */
export const conformancePage = ({ pairs, values, derivatives, single }: Conformance): string => `# Conformance

<!-- Written by \`npm run conformance\`, which needs the ONNX project's examples in ../shared/onnx-node-tests. -->

Of the ${total(values)} examples of the ONNX project's operator tests, the first floating input stays free and the others are held at the example's values.

| | ${columns.join(' | ')} |
| --- | ---: | ---: | ---: | ---: |
| values and bounds | ${counts(values).join(' | ')} |
| derivatives | ${counts(derivatives).join(' | ')} |

**Values and bounds**: the file is read, prepared and written again; ONNX Runtime then gives the reference output, the enclosure of the point contains it, and the difference quotients
of ${pairs.toLocaleString('en')} random pairs (anywhere in a box around the example's point, close together, along one axis; in l1, l2 and linf) never exceed the constant that the rules give on the box, nor the
one on the whole space. Examples with more than 4,000 inputs are not sampled.

**Derivatives**: J v is a fourth-order difference quotient in doubles to 1e-6 (entries beside a kink left out), and J′ u is its transpose to 1e-12. ${
  single.length === 0
    ? ''
    : `ONNX Runtime has no float64 kernel for ${single.toSorted().join(', ')}: these are computed in float32, and the transpose agrees to 1e-6.`
}

## Values and bounds: what is left out

${list(values)}

## Derivatives: what is left out

${list(derivatives)}
`;

const columns = ['covered', 'wrong', 'open', 'no such question'] as const;

const total = ({ outcomes, wrong }: Followed): number => outcomes.size + wrong.size;

function counts({ outcomes, wrong }: Followed): readonly number[] {
  const of = (kind: Outcome['kind']): number =>
    [...outcomes.values()].filter((outcome) => outcome.kind === kind).length;
  return [of('covered'), wrong.size, of('open'), of('beside')];
}

function list({ outcomes, wrong }: Followed): string {
  const lines = [...grouped(outcomes)]
    .filter(([key]) => key !== 'covered')
    .map(([key, names]) => `- **${key.replace('beside: ', '')}** (${names.length}): ${names.map(short).join(', ')}`);
  const faults = [...wrong].map(([name, reason]) => `- **wrong: ${reason}**: ${short(name)}`);
  return [...faults, ...lines].join('\n');
}

const short = (name: string): string => name.replace(/^test_/, '');
