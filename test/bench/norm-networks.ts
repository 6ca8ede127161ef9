import type { Convolution, LinearMap } from '../../core/operators/linear-map.ts';
import { convolutionMap } from '../../core/operators/maps/convolution-map.ts';
import { denseMap } from '../../core/operators/maps/dense-map.ts';

/** How the weights of a network are made: random ones as before training, or with decaying spectra and smooth kernels as after it. */
export type Weights = 'he' | 'decay';

/** A layer whose weights are made when it is its turn. */
export interface BenchLayer {
  readonly name: string;
  readonly parameters: number;
  /** Products of one application. */
  readonly products: number;
  readonly shape: LayerShape;
  map(weights: Weights): LinearMap;
}

export type LayerShape =
  | { readonly kind: 'dense'; readonly inputs: number; readonly outputs: number }
  | {
      readonly kind: 'conv';
      readonly inputs: number;
      readonly outputs: number;
      readonly size: number;
      readonly kernel: number;
      readonly stride: number;
      readonly pad: number;
    };

/** The same numbers in every run, about normal with variance 1. */
function normals(seed: number): () => number {
  // Not the generator that the estimators start from.
  let a = 123456789 ^ seed;
  let b = 362436069 + seed;
  let c = 521288629;
  const uniform = (): number => {
    const t = a ^ (a << 11);
    a = b;
    b = c;
    c = c ^ (c >>> 19) ^ (t ^ (t >>> 8));
    return (c >>> 0) / 4294967296;
  };
  for (let i = 0; i < 32; i++) uniform();
  return () => 2 * (uniform() + uniform() + uniform() - 1.5);
}

/** Smooth kernels as trained layers have them, of unit length: a blur, two edges and a Laplacian. */
function spatialKernels(size: number): readonly Float64Array[] {
  const at = (k: number): number => (k - (size - 1) / 2) / Math.max(1, size / 3);
  const bell = (k: number): number => Math.exp(-(at(k) ** 2));
  const shapes = [
    (a: number, b: number): number => bell(a) * bell(b),
    (a: number, b: number): number => at(a) * bell(a) * bell(b),
    (a: number, b: number): number => at(b) * bell(a) * bell(b),
    (a: number, b: number): number => (at(a) ** 2 + at(b) ** 2 - 1) * bell(a) * bell(b),
  ];
  return shapes.map((shape) => {
    const kernel = Float64Array.from({ length: size * size }, (_, k) => shape(Math.floor(k / size), k % size));
    const length = Math.hypot(...kernel) || 1;
    return kernel.map((entry) => entry / length);
  });
}

/** outputs x inputs x taps, rounded to single precision. */
function kernelOf(inputs: number, outputs: number, size: number, weights: Weights, seed: number): Float64Array {
  const next = normals(seed);
  const taps = size * size;
  const noise = Math.sqrt(2 / (inputs * taps)) * (weights === 'he' ? 1 : 0.6);
  const kernel = Float64Array.from({ length: outputs * inputs * taps }, () => noise * next());
  if (weights === 'decay') {
    const shapes = spatialKernels(size);
    const scale = 2 * Math.sqrt(Math.max(inputs, outputs) / inputs);
    for (let j = 0; j < Math.min(32, inputs, outputs); j++) {
      const u = Float64Array.from({ length: outputs }, () => next() / Math.sqrt(outputs));
      const v = Float64Array.from({ length: inputs }, () => next() / Math.sqrt(inputs));
      const shape = shapes[size === 1 ? 0 : j % shapes.length]!;
      const value = scale * (j + 1) ** -0.7;
      for (let o = 0, at = 0; o < outputs; o++)
        for (let c = 0; c < inputs; c++) {
          const entry = value * u[o]! * v[c]!;
          for (let k = 0; k < taps; k++, at++) kernel[at]! += entry * shape[k]!;
        }
    }
  }
  for (let at = 0; at < kernel.length; at++) kernel[at] = Math.fround(kernel[at]!);
  return kernel;
}

function layer(name: string, shape: LayerShape, seed: number): BenchLayer {
  if (shape.kind === 'dense') {
    const { inputs, outputs } = shape;
    const parameters = inputs * outputs;
    const map = (weights: Weights): LinearMap => denseMap(kernelOf(inputs, outputs, 1, weights, seed), outputs, inputs);
    return { name, parameters, products: parameters, shape, map };
  }
  const { inputs, outputs, size, kernel, stride, pad } = shape;
  const outputSize = Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const parameters = inputs * outputs * kernel * kernel;
  const geometry = (weights: Weights): Convolution => ({
    direction: 'forward',
    repeats: 1,
    groups: 1,
    inputChannels: inputs,
    outputChannels: outputs,
    inputSize: [size, size],
    outputSize: [outputSize, outputSize],
    kernelSize: [kernel, kernel],
    strides: [stride, stride],
    dilations: [1, 1],
    padsBegin: [pad, pad],
    padsEnd: [pad, pad],
    kernel: kernelOf(inputs, outputs, kernel, weights, seed),
  });
  return {
    name,
    parameters,
    products: parameters * outputSize * outputSize,
    shape,
    map: (weights) => convolutionMap(geometry(weights)),
  };
}

/** Numbers the layers of one network, so that each has weights of its own. */
class Builder {
  readonly layers: BenchLayer[] = [];

  conv(name: string, inputs: number, outputs: number, size: number, kernel: number, stride = 1): void {
    const pad = stride === kernel ? 0 : (kernel - 1) / 2;
    const shape = { kind: 'conv', inputs, outputs, size, kernel, stride, pad } as const;
    this.layers.push(layer(name, shape, this.layers.length + 1));
  }

  dense(name: string, inputs: number, outputs: number): void {
    this.layers.push(layer(name, { kind: 'dense', inputs, outputs }, this.layers.length + 1));
  }
}

/** ResNet-50 for 224 x 224 images: 53 convolutions and a dense layer. `width` scales its channels. */
export function resNet50(width = 1): readonly BenchLayer[] {
  const network = new Builder();
  const c = (channels: number): number => Math.round(channels * width);
  network.conv('conv1', 3, c(64), 224, 7, 2);
  let inputs = c(64);
  [3, 4, 6, 3].forEach((blocks, stage) => {
    const middle = c(64 * 2 ** stage);
    const outputs = 4 * middle;
    for (let block = 0; block < blocks; block++) {
      const name = `layer${stage + 1}.${block}`;
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const size = 56 / 2 ** stage;
      network.conv(`${name}.conv1`, inputs, middle, size * stride, 1);
      network.conv(`${name}.conv2`, middle, middle, size * stride, 3, stride);
      network.conv(`${name}.conv3`, middle, outputs, size, 1);
      if (block === 0) network.conv(`${name}.downsample`, inputs, outputs, size * stride, 1, stride);
      inputs = outputs;
    }
  });
  network.dense('fc', inputs, 1000);
  return network.layers;
}

export function vgg16(): readonly BenchLayer[] {
  const network = new Builder();
  let inputs = 3;
  let size = 224;
  [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ].forEach((stage, s) => {
    stage.forEach((outputs, block) => {
      network.conv(`features.${s}.${block}`, inputs, outputs, size, 3);
      inputs = outputs;
    });
    size /= 2;
  });
  network.dense('classifier.0', 512 * 7 * 7, 4096);
  network.dense('classifier.3', 4096, 4096);
  network.dense('classifier.6', 4096, 1000);
  return network.layers;
}

export function vitBase(): readonly BenchLayer[] {
  const network = new Builder();
  network.conv('patch_embed', 3, 768, 224, 16, 16);
  for (let block = 0; block < 12; block++) {
    network.dense(`blocks.${block}.qkv`, 768, 2304);
    network.dense(`blocks.${block}.proj`, 768, 768);
    network.dense(`blocks.${block}.fc1`, 768, 3072);
    network.dense(`blocks.${block}.fc2`, 3072, 768);
  }
  network.dense('head', 768, 1000);
  return network.layers;
}
