/** Begins a measurement of the seconds that this process computes: unlike the clock's, others who share the machine do not add to them. */
export function processorSeconds(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
}
