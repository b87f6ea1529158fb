/** A drawn street block with a patrol's path through it; decoration only. */
export function Streets() {
  const blocks: [number, number, number, number][] = [
    [20, 30, 110, 80], [150, 30, 150, 80], [320, 30, 90, 80], [430, 30, 130, 80],
    [20, 140, 110, 120], [150, 140, 110, 120], [280, 140, 130, 120], [430, 140, 130, 120],
    [20, 290, 190, 90], [230, 290, 180, 90], [430, 290, 130, 90],
    [20, 410, 110, 110], [150, 410, 150, 110], [320, 410, 90, 110], [430, 410, 130, 110],
  ];
  const finds: [number, number][] = [[140, 205], [270, 150], [420, 275], [310, 400]];
  return (
    <svg viewBox="0 0 580 560" preserveAspectRatio="xMidYMid slice">
      {blocks.map(([x, y, width, height]) => (
        <rect key={`${x}-${y}`} x={x} y={y} width={width} height={height} rx="6" className="block" />
      ))}
      <path className="patrol" d="M140 560V125h130v150h150v120H310v165" />
      {finds.map(([x, y]) => (
        <g key={`${x}-${y}`} transform={`translate(${x} ${y})`}>
          <circle r="17" className="halo" />
          <circle r="7" className="find" />
        </g>
      ))}
    </svg>
  );
}
