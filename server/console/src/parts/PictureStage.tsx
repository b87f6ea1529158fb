import { useState } from "react";
import { useSpeech } from "../i18n/language";
import { Moment } from "./Moment";
import { Picture } from "./Picture";
import type { Shot } from "./shots";

/** One picture large, the others below it to choose from. */
export function PictureStage({ shots }: { shots: readonly Shot[] }) {
  const { t, code } = useSpeech();
  const [at, setAt] = useState(0);
  const shot = shots[Math.min(at, shots.length - 1)];
  if (shot === undefined) return <div className="stage"><Picture sha256={null} alt="" /></div>;
  const naming = ({ picture, by }: Shot) => {
    const role = code("evidence", picture.role);
    return by === null ? role : t("picture.view", { role, device: by });
  };
  return (
    <figure className="stage">
      <Picture sha256={shot.picture.sha256} available={shot.picture.available} alt={naming(shot)} enlarge />
      <figcaption>{naming(shot)}{shot.at !== null && <> · <Moment at={shot.at} /></>}</figcaption>
      {shots.length > 1 && (
        <div className="reel" role="group" aria-label={t("picture.choose")}>
          {shots.map((one, index) => (
            <button
              key={`${one.picture.sha256}-${index}`} type="button" aria-pressed={one === shot}
              aria-label={naming(one)} onClick={() => setAt(index)}
            >
              <Picture sha256={one.picture.sha256} available={one.picture.available} alt="" />
            </button>
          ))}
        </div>
      )}
    </figure>
  );
}
