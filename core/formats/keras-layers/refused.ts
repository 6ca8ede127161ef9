/** Classes of keras.layers that have no fixed map, or none that is read: why, in the words of the report. */
const reasons: readonly { readonly classes: readonly string[]; readonly reason: string }[] = [
  {
    classes: ['Discretization', 'CategoryEncoding', 'HashedCrossing', 'Hashing', 'IntegerLookup', 'StringLookup'],
    reason: 'it sorts its input into categories, and jumps from one to the next',
  },
  { classes: ['TextVectorization'], reason: 'it makes numbers of text, and has no distance between its inputs' },
  {
    classes: ['AutoContrast', 'Equalization', 'ContrastLimitedAdaptiveHistogramEqualization'],
    reason: 'it changes images by counting or comparing their pixels, which jumps',
  },
  {
    classes: ['MelSpectrogram'],
    reason:
      'it takes the spectrum of its input with waves that are not in the file; STFTSpectrogram, which keeps them as weights, is read',
  },
  {
    classes: ['JaxLayer', 'FlaxLayer', 'TorchModuleWrapper', 'TFSMLayer'],
    reason: 'what it computes is code of another framework, which is never run: export that part itself',
  },
  { classes: ['RandomCrop'], reason: 'what it does outside of training differs between versions of Keras' },
  { classes: ['MaxNumBoundingBoxes'], reason: 'it works on lists of boxes, whose number is data' },
  { classes: ['Layer', 'Wrapper'], reason: 'it is a base class without a map of its own' },
];

export const refusals: ReadonlyMap<string, string> = new Map(
  reasons.flatMap(({ classes, reason }) => classes.map((name) => [name, reason] as const)),
);
