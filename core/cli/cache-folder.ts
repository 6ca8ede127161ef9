import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where this system keeps what can be computed again. */
function systemFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.platform === 'win32') return LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return XDG_CACHE_HOME ?? join(homedir(), '.cache');
}

/** The folder for finished inspections; undefined when none are to be kept. */
export const cacheFolder = (asked: string | undefined): string | undefined =>
  asked === 'none' ? undefined : asked === undefined ? join(systemFolder(), 'lipschitz-inspector') : resolve(asked);
