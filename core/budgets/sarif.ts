import { createHash } from 'node:crypto';
import { toolVersion } from '../version.ts';
import { fails, limitWords, type Judgement } from './judge.ts';

/** A judgement with the places that a reader of a pull request should be led to; paths with forward slashes, relative to the repository. */
export interface Finding {
  readonly judgement: Judgement;
  readonly model: string;
  /** The line of code that makes the layer, where it is known. */
  readonly source?: SourceLine;
  /** Where the limit stands. */
  readonly limitAt?: SourceLine;
}

export interface SourceLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A model that could not be judged, with the reason. */
export interface Unread {
  readonly model: string;
  readonly message: string;
}

/** SARIF 2.1.0 (OASIS): what is proved to be broken is an error, what fails for want of a proof a warning, what may stay unproved a note. */
export function sarif(findings: readonly Finding[], unread: readonly Unread[]): object {
  const breaches = findings.filter(({ judgement }) => judgement.verdict !== 'kept');
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Lipschitz Inspector',
            semanticVersion: toolVersion,
            informationUri: 'https://github.com/lipschitz-inspector/lipschitz-inspector',
            rules,
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { SRCROOT: { description: { text: 'The root of the repository.' } } },
        invocations: [
          {
            executionSuccessful: unread.length === 0,
            toolExecutionNotifications: unread.map(({ model, message }) => ({
              level: 'error',
              message: { text: message },
              locations: [physical({ file: model, line: 1 })],
            })),
          },
        ],
        results: breaches.map(result),
      },
    ],
  };
}

const rules = [
  {
    id: 'network-constant',
    name: 'NetworkConstant',
    shortDescription: { text: "A network's Lipschitz constant is not within its budget." },
    help: {
      text: 'The constant is how far the output can move when the input moves by 1. Train with spectral normalisation or a gradient penalty, or rescale a layer: lipschitz couple MODEL --target LIMIT says by how much.',
    },
    defaultConfiguration: { level: 'error' },
  },
  {
    id: 'layer-norm',
    name: 'LayerNorm',
    shortDescription: { text: "A layer's operator norm is not within its budget." },
    help: {
      text: "Wrap the layer in torch.nn.utils.parametrizations.spectral_norm, or keras.layers.SpectralNormalization; for convolutions the kernel's norm is not the operator's, so look at the number here afterwards.",
    },
    defaultConfiguration: { level: 'error' },
  },
  {
    id: 'smoothness',
    name: 'Smoothness',
    shortDescription: { text: 'A smoothed network is not within its budget.' },
    help: {
      text: 'lipschitz smooth MODEL --epsilon E shows which layer bends most, and what a larger epsilon would give.',
    },
    defaultConfiguration: { level: 'error' },
  },
  {
    id: 'void-limit',
    name: 'VoidLimit',
    shortDescription: { text: 'A limit judges nothing.' },
    help: { text: 'No layer of the model has a name that fits. lipschitz inspect MODEL lists the names.' },
    defaultConfiguration: { level: 'error' },
  },
] as const;

type RuleId = (typeof rules)[number]['id'];

function ruleOf({ verdict, subject }: Judgement): RuleId {
  if (verdict === 'void') return 'void-limit';
  switch (subject.kind) {
    case 'network':
      return 'network-constant';
    case 'layer':
      return 'layer-norm';
    case 'smoothed':
    case 'gradient':
      return 'smoothness';
  }
}

function result({ judgement, model, source, limitAt }: Finding): object {
  const { verdict, sentence, limit, budget, subject, known } = judgement;
  const ruleId = ruleOf(judgement);
  const layer = subject.kind === 'layer' ? subject.layer.name : undefined;
  const identity = [model, ruleId, layer ?? '', limitWords(budget)].join('\n');
  return {
    ruleId,
    ruleIndex: rules.findIndex(({ id }) => id === ruleId),
    level: fails(judgement) ? (verdict === 'unproved' ? 'warning' : 'error') : 'note',
    message: { text: budget.why === undefined ? sentence : `${sentence} ${budget.why}` },
    locations: [
      {
        ...physical(verdict === 'void' && limitAt !== undefined ? limitAt : (source ?? { file: model, line: 1 })),
        ...(layer === undefined ? {} : { logicalLocations: [{ name: layer, kind: 'member' }] }),
      },
    ],
    relatedLocations: [
      ...(source === undefined ? [] : [{ ...physical({ file: model, line: 1 }), message: { text: 'the model' } }]),
      ...(limitAt === undefined ? [] : [{ ...physical(limitAt), message: { text: 'the limit' } }]),
    ].map((location, id) => ({ id, ...location })),
    partialFingerprints: { 'lipschitzLimit/v1': createHash('sha256').update(identity).digest('hex').slice(0, 32) },
    properties: {
      verdict,
      limit,
      norm: budget.question.norm,
      region: budget.question.region,
      ...(known === undefined ? {} : { lower: known.lower, upper: known.upper, rigor: known.rigor }),
    },
  };
}

const physical = ({ file, line }: SourceLine): object => ({
  physicalLocation: {
    artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: 'SRCROOT' },
    region: { startLine: line },
  },
});
