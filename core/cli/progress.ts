/** Progress on stderr: one line that is rewritten on a terminal, a line per activity otherwise. */
export interface ProgressLine {
  show(activity: string, fraction: number): void;
  end(): void;
}

const width = 24;

export function progressLine(stream: NodeJS.WriteStream, name: string): ProgressLine {
  let last = '';
  const show = (activity: string, fraction: number): void => {
    if (stream.isTTY) {
      const filled = Math.round(width * fraction);
      stream.write(`\r\u001b[2K${name} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${activity}`);
    } else if (activity !== last && /^Looking|^Reading/.test(activity)) stream.write(`${name}: ${activity}\n`);
    last = activity;
  };
  return {
    show,
    end() {
      if (stream.isTTY) stream.write('\r\u001b[2K');
    },
  };
}
