import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import { type Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

/** Truth values and whole numbers are summed up as what comes out. */
function inTypeOfOutput(b: Builder): string {
  const self = b.tensor('self');
  const type = b.typeOf(b.call.outputs[0] ?? '');
  return b.typeOf(self) === type ? self : b.emit('Cast', [self], { to: elementTypeCodes[type] });
}

const reduce =
  (op: string): Translation =>
  (b) => {
    const self = inTypeOfOutput(b);
    const axes = b.numbers('dim', []);
    b.finish(op, axes.length === 0 ? [self] : [self, b.integers(axes)], { keepdims: b.flag('keepdim') ? 1 : 0 });
  };

/** The most or the least: of all, along an axis (with its place), or of two tensors. */
const extreme =
  (reduced: 'ReduceMax' | 'ReduceMin', place: 'ArgMax' | 'ArgMin', ofTwo: 'Max' | 'Min'): Translation =>
  (b) => {
    const self = b.tensor('self');
    if (b.optionalTensor('other') !== '') {
      b.finish(ofTwo, [self, b.tensor('other')]);
      return;
    }
    if (b.argument('dim') === undefined) {
      b.finish(reduced, [self], { keepdims: 0 });
      return;
    }
    const axis = b.number('dim');
    const keepdims = b.flag('keepdim') ? 1 : 0;
    b.finish(reduced, [self, b.integers([axis])], { keepdims });
    if (b.isUsed(1)) b.give(b.call.outputs[1]!, place, [self], { axis, keepdims });
  };

/** The mean of the squared distances from the mean, over n - correction instead of n. */
function variance(b: Builder): { readonly mean: string; readonly variance: string } {
  const self = b.tensor('self');
  const given = b.numbers('dim', []);
  const axes = given.length === 0 ? b.sizes(self).map((_, axis) => axis) : given;
  const count = axes.reduce((product, axis) => product * b.size(self, axis), 1);
  const correction = b.number('correction', b.argument('unbiased') === false ? 0 : 1);
  const keepdims = b.flag('keepdim') ? 1 : 0;
  const mean = b.emit('ReduceMean', [self, b.integers(axes)], { keepdims: 1 });
  const away = b.emit('Sub', [self, mean]);
  const sum = b.emit('ReduceSum', [b.emit('Mul', [away, away]), b.integers(axes)], { keepdims });
  return {
    mean: keepdims === 1 ? mean : b.emit('Squeeze', [mean, b.integers(axes)]),
    variance: b.emit('Div', [sum, b.scalar(count - correction)]),
  };
}

const both = (b: Builder, spread: string, mean: string): void => {
  b.give(b.call.outputs[0]!, 'Identity', [spread]);
  if ((b.call.outputs[1] ?? '') !== '') b.give(b.call.outputs[1]!, 'Identity', [mean]);
};

const argument =
  (op: 'ArgMax' | 'ArgMin'): Translation =>
  (b) => {
    const self = b.tensor('self');
    if (b.argument('dim') === null || b.argument('dim') === undefined) {
      b.finish('Squeeze', [b.emit(op, [b.emit('Reshape', [self, b.integers([-1])])], { axis: 0 })]);
      return;
    }
    b.finish(op, [self], { axis: b.number('dim'), keepdims: b.flag('keepdim') ? 1 : 0 });
  };

const whether =
  (op: 'ReduceMax' | 'ReduceMin'): Translation =>
  (b) => {
    const numbers = b.emit('Cast', [b.tensor('self')], { to: elementTypeCodes.float32 });
    const axes = b.numbers('dim', []);
    const most = b.emit(op, axes.length === 0 ? [numbers] : [numbers, b.integers(axes)], {
      keepdims: b.flag('keepdim') ? 1 : 0,
    });
    b.finish('Cast', [most], { to: elementTypeCodes.bool });
  };

export const reductions: Translations = {
  'aten.mean': reduce('ReduceMean'),
  'aten.sum': reduce('ReduceSum'),
  'aten.amax': reduce('ReduceMax'),
  'aten.amin': reduce('ReduceMin'),
  'aten.any': whether('ReduceMax'),
  'aten.all': whether('ReduceMin'),
  'aten.max': extreme('ReduceMax', 'ArgMax', 'Max'),
  'aten.min': extreme('ReduceMin', 'ArgMin', 'Min'),
  'aten.var': (b) => b.finish('Identity', [variance(b).variance]),
  'aten.std': (b) => b.finish('Sqrt', [variance(b).variance]),
  'aten.var_mean': (b) => {
    const { variance: squared, mean } = variance(b);
    both(b, squared, mean);
  },
  'aten.std_mean': (b) => {
    const { variance: squared, mean } = variance(b);
    both(b, b.emit('Sqrt', [squared]), mean);
  },
  'aten.argmax': argument('ArgMax'),
  'aten.argmin': argument('ArgMin'),
  'aten.prod': reduce('ReduceProd'),
  'aten.logsumexp': reduce('ReduceLogSumExp'),
  'aten.nansum': (b) => {
    const self = b.tensor('self');
    const numbers = b.emit('Where', [b.emit('IsNaN', [self]), b.scalar(0, b.typeOf(self)), self]);
    const axes = b.numbers('dim', []);
    b.finish('ReduceSum', axes.length === 0 ? [numbers] : [numbers, b.integers(axes)], {
      keepdims: b.flag('keepdim') ? 1 : 0,
    });
  },
  'aten.cumsum': (b) => b.finish('CumSum', [inTypeOfOutput(b), b.integer(b.number('dim'))]),
};
