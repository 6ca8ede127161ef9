import type { Node } from 'web-tree-sitter';
import type { LayerDefinition } from './definition.ts';
import { field, partsOf, rangeOf } from './syntax-node.ts';

/**
 * What functions and operators become in a model. They have no module and no weights of their own, so only the class that calls them
 * and the line, or their order, tell which layer is which.
 */
const operations: readonly (readonly [functions: string, operators: string])[] = [
  ['relu relu_', 'Relu'],
  ['relu6 hardtanh clamp clamp_min clamp_max clip', 'Clip'],
  ['leaky_relu leaky_relu_', 'LeakyRelu'],
  ['prelu', 'PRelu'],
  ['elu elu_', 'Elu'],
  ['selu', 'Selu'],
  ['celu', 'Celu'],
  ['gelu', 'Gelu'],
  ['silu swish', 'Silu Swish Mul'],
  ['mish', 'Mish'],
  ['sigmoid', 'Sigmoid'],
  ['tanh tanh_', 'Tanh'],
  ['softplus', 'Softplus'],
  ['softsign', 'Softsign'],
  ['hardsigmoid hard_sigmoid', 'HardSigmoid'],
  ['hardswish hard_swish', 'HardSwish'],
  ['softmax', 'Softmax DotProductAttention'],
  ['log_softmax', 'LogSoftmax'],
  ['scaled_dot_product_attention dot_product_attention', 'DotProductAttention Softmax MatMul'],
  ['conv1d conv2d conv3d conv', 'Conv CircularConv PaddedConv'],
  ['conv_transpose1d conv_transpose2d conv_transpose3d', 'ConvTranspose'],
  ['linear', 'Gemm MatMul'],
  ['@ matmul bmm mm einsum dot', 'MatMul Gemm Einsum'],
  ['layer_norm', 'LayerNormalization'],
  ['rms_norm', 'RMSNormalization'],
  ['batch_norm', 'BatchNormalization'],
  ['group_norm', 'GroupNormalization'],
  ['instance_norm', 'InstanceNormalization'],
  ['normalize', 'LpNormalization Div'],
  ['max_pool1d max_pool2d max_pool3d max_pool', 'MaxPool'],
  ['avg_pool1d avg_pool2d avg_pool3d avg_pool', 'AveragePool'],
  ['adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d', 'GlobalAveragePool AveragePool ReduceMean'],
  ['adaptive_max_pool1d adaptive_max_pool2d', 'GlobalMaxPool MaxPool ReduceMax'],
  ['mean', 'ReduceMean GlobalAveragePool'],
  ['sum', 'ReduceSum'],
  ['max amax', 'ReduceMax Max'],
  ['min amin', 'ReduceMin Min'],
  ['norm vector_norm', 'ReduceL2 ReduceL1'],
  ['cumsum', 'CumSum'],
  ['interpolate upsample', 'Resize Upsample'],
  ['pixel_shuffle', 'DepthToSpace'],
  ['pad', 'Pad'],
  ['exp', 'Exp'],
  ['log', 'Log'],
  ['sqrt', 'Sqrt'],
  ['rsqrt', 'Reciprocal Sqrt'],
  ['sin', 'Sin'],
  ['cos', 'Cos'],
  ['abs', 'Abs'],
  ['** pow square', 'Pow Mul'],
  ['* mul multiply', 'Mul'],
  ['/ div', 'Div Mul'],
  ['+ add', 'Add'],
  ['- sub', 'Sub Neg'],
];

/** Attention that is written out is one layer; its last step is what an exporter's line points to. */
const lastSteps: Readonly<Record<string, string>> = {
  '@': 'DotProductAttention',
  matmul: 'DotProductAttention',
  bmm: 'DotProductAttention',
};

const operatorsOf = new Map(
  operations.flatMap(([functions, operators]) =>
    functions.split(' ').map((name) => [name, new Set(operators.split(' '))] as const),
  ),
);

/** Whether a function can have become this operator. */
export const canBecome = (name: string, op: string): boolean => becomes(name, op) || lastSteps[name] === op;

/** The same without the steps of something larger, where there is only the order to go by. */
export const becomes = (name: string, op: string): boolean => operatorsOf.get(name)?.has(op) === true;

/** The functions that a method calls, in the order in which they are evaluated. */
export function functionalCallsIn(method: Node, owner: string): readonly LayerDefinition[] {
  const found: LayerDefinition[] = [];
  const body = field(method, 'body');
  if (body !== undefined) collect(body, { repeated: false, conditional: false }, owner, found);
  return found;
}

interface Place {
  readonly repeated: boolean;
  readonly conditional: boolean;
}

const looping = new Set(['for_statement', 'while_statement', 'list_comprehension', 'generator_expression']);
const branching = new Set(['if_statement', 'conditional_expression', 'try_statement', 'match_statement']);

function collect(node: Node, place: Place, owner: string, found: LayerDefinition[]): void {
  if (node.type === 'lambda' || node.type === 'function_definition') return;
  const below = {
    repeated: place.repeated || looping.has(node.type),
    conditional: place.conditional || branching.has(node.type),
  };
  // Operands and arguments come first, as Python evaluates them.
  for (const part of partsOf(node)) if (part.childCount > 0) collect(part, below, owner, found);
  const name = operationOf(node);
  if (name === undefined) return;
  found.push({
    owner,
    path: [],
    call: node.type === 'call' ? (field(node, 'function')?.text ?? name) : name,
    layer: name,
    family: 'function',
    arguments: { groups: 1 },
    range: rangeOf(node),
    uses: [],
    ...place,
  });
}

/** What a call or an operator is called, where it can become a layer of a model. */
export function operationOf(node: Node): string | undefined {
  switch (node.type) {
    case 'call': {
      const callee = field(node, 'function');
      const name =
        callee?.type === 'attribute'
          ? // A module of that name, `self.relu(x)`, is a layer that the class defines.
            field(callee, 'object')?.text === 'self'
            ? undefined
            : field(callee, 'attribute')?.text
          : callee?.type === 'identifier'
            ? callee.text
            : undefined;
      return name !== undefined && operatorsOf.has(name) ? name : undefined;
    }
    case 'binary_operator':
    case 'augmented_assignment':
    case 'unary_operator': {
      const operator = field(node, 'operator')?.type.replace(/(?<=.)=$/, '') ?? '';
      return operatorsOf.has(operator) ? operator : undefined;
    }
    default:
      return undefined;
  }
}
