/** Operations that are known and have no fixed map, or none that is understood: why, in the words of the report. */
export const reasons: readonly { readonly ops: readonly string[]; readonly reason: string }[] = [
  {
    ops: ['If', 'StatelessIf', 'Switch', 'Merge', 'RefSwitch', 'RefMerge'],
    reason: 'it is control flow: which branch is taken is decided while the model runs, and branches are not read',
  },
  {
    ops: ['While', 'StatelessWhile', 'Enter', 'Exit', 'LoopCond', 'NextIteration'],
    reason:
      'it is control flow: a loop, whose number of rounds is decided while the model runs; save the model with its recurrent layers unrolled (unroll=True)',
  },
  {
    ops: [
      'TensorArrayV3',
      'TensorArrayWriteV3',
      'TensorArrayReadV3',
      'TensorArrayGatherV3',
      'TensorArrayScatterV3',
      'TensorArrayConcatV3',
      'TensorArraySplitV3',
      'TensorArraySizeV3',
      'TensorArrayCloseV3',
      'EmptyTensorList',
      'TensorListScatter',
      'TensorListScatterV2',
      'TensorListGather',
      'TensorListGetItem',
      'TensorListSetItem',
      'TensorListReserve',
      'TensorListFromTensor',
      'TensorListStack',
      'TensorListSplit',
      'TensorListConcat',
      'TensorListConcatV2',
      'TensorListPopBack',
      'TensorListPushBack',
      'TensorListLength',
      'TensorListResize',
    ],
    reason: 'it is control flow: a list of tensors that a loop fills',
  },
  {
    ops: ['PartitionedCall', 'StatefulPartitionedCall'],
    reason: 'it calls a function of the graph, which the converter writes out when it runs its optimisations',
  },
  {
    ops: ['RandomStandardNormal', 'RandomUniform', 'RandomUniformInt', 'TruncatedNormal', 'Multinomial'],
    reason: 'it draws at random',
  },
  {
    ops: [
      'NonMaxSuppressionV2',
      'NonMaxSuppressionV3',
      'NonMaxSuppressionV4',
      'NonMaxSuppressionV5',
      'Where',
      'ListDiff',
      'Unique',
      'UniqueV2',
      'LowerBound',
      'UpperBound',
      'Bincount',
      'DenseBincount',
    ],
    reason: 'the number or the choice of its results jumps with its input',
  },
  {
    ops: [
      'HashTable',
      'HashTableV2',
      'LookupTableImport',
      'LookupTableImportV2',
      'LookupTableFind',
      'LookupTableFindV2',
      'LookupTableSize',
      'LookupTableSizeV2',
      'InitializeTable',
      'InitializeTableV2',
      'StaticRegexReplace',
      'StringNGrams',
      'StringSplit',
      'StringToHashBucketFast',
    ],
    reason: 'it works on texts or tables, where there is no distance to speak of',
  },
  {
    ops: ['FFT', 'IFFT', 'RFFT', 'IRFFT', 'Complex', 'ComplexAbs', 'Real', 'Imag'],
    reason: 'it works on complex numbers, which are not read',
  },
];

export const refusals: ReadonlyMap<string, string> = new Map(
  reasons.flatMap(({ ops, reason }) => ops.map((op) => [op, reason] as const)),
);
