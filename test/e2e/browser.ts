import { chromium, type Browser } from 'playwright-core';
import type { Graphics } from './host.ts';

const FLAGS = [
  // Chromium refuses to sandbox itself for root, which is what containers run as.
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const GRAPHICS: Readonly<Record<Graphics, readonly string[]>> = {
  plain: ['--disable-gpu'],
  webgpu: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-unsafe-swiftshader'],
};

export async function launchBrowser(executablePath: string, graphics: Graphics): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: [...FLAGS, ...GRAPHICS[graphics]] });
}
