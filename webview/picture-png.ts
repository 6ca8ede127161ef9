/** How many pixels of the file stand for one on screen. */
const sharp = 2;
/** Browsers draw no larger pictures than this: of a side, and of all together. */
const [mostSide, mostPixels] = [16_000, 64e6];

/** A picture of core/report as a file: it does not see the page's styles, so what it takes from them is written into it. */
export function standalone(svg: string, page: Element): string {
  const style = getComputedStyle(page);
  return svg
    .replace(/var\((--[\w-]+), ([^)]+)\)/g, (_, name: string, otherwise: string) => {
      const value = style.getPropertyValue(name).trim();
      return value === '' ? otherwise : value;
    })
    .replaceAll('font-family="inherit"', 'font-family="sans-serif"');
}

/** The same as a PNG with the theme's colours on the theme's paper; undefined when the browser cannot draw it. */
export async function pngOf(svg: string, page: Element): Promise<Uint8Array | undefined> {
  if (svg === '') return undefined;
  const style = getComputedStyle(page);
  const address = URL.createObjectURL(new Blob([standalone(svg, page)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    const { width, height } = image;
    const density = Math.min(sharp, mostSide / Math.max(width, height), Math.sqrt(mostPixels / (width * height)));
    [canvas.width, canvas.height] = [Math.floor(density * width), Math.floor(density * height)];
    const context = canvas.getContext('2d');
    if (context === null) return undefined;
    context.scale(density, density);
    const paper = style.getPropertyValue('--vscode-editor-background').trim();
    context.fillStyle = paper === '' ? '#fff' : paper;
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    return blob === null ? undefined : new Uint8Array(await blob.arrayBuffer());
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(address);
  }
}
