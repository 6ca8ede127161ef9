import { Uri } from 'vscode';

/** Where the build puts what the extension loads at run time; scripts/build.mjs writes to these places. */
export const packedFiles = (extension: Uri) =>
  ({
    worker: Uri.joinPath(extension, 'dist', 'worker.mjs').fsPath,
    layoutThread: Uri.joinPath(extension, 'dist', 'layout-thread.mjs').fsPath,
    grammar: {
      runtime: Uri.joinPath(extension, 'dist', 'web-tree-sitter.wasm').fsPath,
      python: Uri.joinPath(extension, 'dist', 'tree-sitter-python.wasm').fsPath,
      typescript: Uri.joinPath(extension, 'dist', 'tree-sitter-typescript.wasm').fsPath,
    },
    webview: {
      folder: Uri.joinPath(extension, 'dist', 'webview'),
      script: Uri.joinPath(extension, 'dist', 'webview', 'main.js'),
      history: Uri.joinPath(extension, 'dist', 'webview', 'history.js'),
      style: Uri.joinPath(extension, 'dist', 'webview', 'main.css'),
      codicon: Uri.joinPath(extension, 'dist', 'webview', 'codicon.css'),
    },
    icon: Uri.joinPath(extension, 'media', 'icon.svg'),
    /** In the gutter: what the mark says, for either kind of theme. */
    budgetMark: (verdict: 'exceeded' | 'unproved', theme: 'light' | 'dark') =>
      Uri.joinPath(extension, 'media', `budget-${verdict}-${theme}.svg`),
  }) as const;

export type PackedFiles = ReturnType<typeof packedFiles>;
