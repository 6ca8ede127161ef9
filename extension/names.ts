/** Identifiers that package.json declares too. */
export const command = {
  inspect: 'lipschitz.inspect',
  exportReport: 'lipschitz.exportReport',
  map: 'lipschitz.map',
  smooth: 'lipschitz.smooth',
  whatIf: 'lipschitz.whatIf',
  bilipschitz: 'lipschitz.bilipschitz',
  compare: 'lipschitz.compare',
  history: 'lipschitz.history',
  changeQuestion: 'lipschitz.changeQuestion',
  openModel: 'lipschitz.openModel',
  refreshModels: 'lipschitz.refreshModels',
  inspectAll: 'lipschitz.inspectAll',
  stop: 'lipschitz.stop',
  walkthrough: 'lipschitz.walkthrough',
  cancel: 'lipschitz.cancel',
  restartWorker: 'lipschitz.restartWorker',
  showOutput: 'lipschitz.showOutput',
  revealLayer: 'lipschitz.revealLayer',
  linkSource: 'lipschitz.linkSource',
  unlinkSource: 'lipschitz.unlinkSource',
  /** Not in the palette: what a click on the line above a class does. */
  showModel: 'lipschitz.showModel',
  showCoupling: 'lipschitz.showCoupling',
  showChain: 'lipschitz.showChain',
  checkBudgets: 'lipschitz.checkBudgets',
  /** Not in the palette: what a click on a layer's line in the panel does. */
  revealCode: 'lipschitz.revealCode',
} as const;

export const modelsView = 'lipschitz.models';
/** Of the walkthrough, with the extension's own name before it. */
export const walkthroughId = 'lipschitz-inspector.lipschitz-inspector#lipschitz.start';

export const customEditorType = 'lipschitz.inspector';
/** The same editor for files that others may want to open as well: offered, not taken. */
export const optionalEditorType = 'lipschitz.inspector.weights';
export const sidePanelType = 'lipschitz.panel';
export const historyPanelType = 'lipschitz.history';

/** File names the custom editor opens; what is in them is decided by their bytes. */
export const modelExtensions: readonly string[] = [
  '.onnx',
  '.pt2',
  '.pt',
  '.pth',
  '.safetensors',
  '.keras',
  '.h5',
  '.hdf5',
];
/** Without braces in braces, which not every search of VS Code understands. */
export const modelGlob = `**/{${[...modelExtensions.map((extension) => `*${extension}`), 'model.json'].join(',')}}`;

export const editorTypeOf = (path: string): string =>
  path.toLowerCase().endsWith('.onnx') ? customEditorType : optionalEditorType;

/** A model.json is TensorFlow.js's name for the description of a model, whose weights stand beside it. */
export const isModelFile = (path: string): boolean =>
  modelExtensions.some((extension) => path.toLowerCase().endsWith(extension)) || baseName(path) === 'model.json';

export const baseName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
