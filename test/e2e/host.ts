import type { Page } from 'playwright-core';
import type { Profile } from './profile.ts';

/** A running VS Code with one window on the workspace, wherever it comes from. */
export interface Host {
  readonly page: Page;
  /** Ends the window and every process behind it. */
  close(): Promise<void>;
}

export interface HostRequest {
  readonly profile: Profile;
  readonly vsix: readonly string[];
  readonly workspace: string;
  readonly graphics: Graphics;
}

/** `webgpu` gives webviews a software WebGPU adapter; it is slower, so only suites that need it ask for it. */
export type Graphics = 'plain' | 'webgpu';
