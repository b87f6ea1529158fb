import type { Observation } from "../../api/types";
import { metres } from "../../format/place";
import { useSpeech } from "../../i18n/language";
import { Attributes } from "../../parts/Attributes";
import { Moment } from "../../parts/Moment";
import { Picture } from "../../parts/Picture";

/** Whose certainty is a detector's; that of people and sensors is no measurement. */
const BY_A_MODEL: readonly string[] = ["vehicle", "drone"];

/** One sighting: its close and wide view beside each other, and under which circumstances it was made. */
export function Sighting({ seen }: { seen: Observation }) {
  const { t, code } = useSpeech();
  const pictures = seen.evidence
    .filter(({ media_type }) => media_type.startsWith("image/"))
    .sort((a, b) => a.role.localeCompare(b.role));
  const clips = seen.evidence.filter(({ media_type }) => media_type.startsWith("video/"));
  return (
    <article className="card sighting">
      <header>
        <b>{code("device", seen.device_kind)} {seen.device_name}</b>
        <Moment at={seen.seen_at} />
        {BY_A_MODEL.includes(seen.device_kind) && <span>{t("sighting.score", { percent: Math.round(seen.score * 100) })}</span>}
        {seen.range_m !== null && <span>{t("sighting.range", { range: metres(seen.range_m) })}</span>}
        <span className="sighting-outcome">{code("outcome", seen.outcome)}</span>
      </header>
      <div className="sighting-pictures">
        {pictures.length === 0 && <Picture sha256={null} alt="" />}
        {pictures.map((picture) => {
          const role = code("evidence", picture.role);
          return (
            <figure key={picture.sha256}>
              <Picture
                sha256={picture.sha256} available={picture.available} enlarge
                alt={t("picture.view", { role, device: seen.device_name })}
              />
              <figcaption>{role}</figcaption>
            </figure>
          );
        })}
      </div>
      {clips.map(({ sha256, available }) =>
        available && <video key={sha256} className="clip" controls preload="metadata" src={`/api/evidence/${sha256}`} aria-label={code("evidence", "clip")} />,
      )}
      <Attributes attributes={seen.attributes} />
    </article>
  );
}
