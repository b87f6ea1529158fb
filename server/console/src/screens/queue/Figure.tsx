interface Part {
  name: string;
  count: number;
  alarming?: boolean;
}

/** One count and what it is made of. */
export function Figure({ name, count, parts }: { name: string; count: number; parts: readonly Part[] }) {
  return (
    <div className="figure">
      <span className="figure-name">{name}</span>
      <b>{count.toLocaleString("en")}</b>
      <span className="figure-parts">
        {parts.map((part) => (
          <span key={part.name} className={part.alarming ? "alarming" : undefined}>{part.name} {part.count.toLocaleString("en")}</span>
        ))}
      </span>
    </div>
  );
}
