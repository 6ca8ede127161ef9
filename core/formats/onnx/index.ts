import type { ModelFormat } from '../format.ts';
import { readOnnx } from './read.ts';
import { looksLikeModelProto } from './recognise.ts';

export const onnx: ModelFormat = {
  name: 'onnx',
  recognises: looksLikeModelProto,
  read: readOnnx,
};
