import type { ModelFormat } from '../format.ts';
import { readOnnx } from './read.ts';
import { looksLikeModelProto } from './recognise.ts';

export const onnx: ModelFormat = {
  name: 'onnx',
  recognises: (head, { size }) => looksLikeModelProto(head, size),
  read: readOnnx,
};
