import { memo } from "react";
import type { CaseSummary } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { Age } from "../../parts/Age";
import { CategoryMark } from "../../parts/CategoryMark";
import { Deadline } from "../../parts/Deadline";
import { Picture } from "../../parts/Picture";
import { StateTag } from "../../parts/StateTag";

interface Props {
  one: CaseSummary;
  /** Of its category. */
  name: string;
  /** Of its grid. */
  where: string;
  chosen: boolean;
  onChoose: (id: string) => void;
  onOpen: (id: string) => void;
}

export const QueueRow = memo(function QueueRow({ one, name, where, chosen, onChoose, onOpen }: Props) {
  const { t } = useSpeech();
  return (
    <div
      id={`case-${one.id}`}
      role="option"
      aria-selected={chosen}
      className="queue-row"
      onClick={() => onChoose(one.id)}
      onDoubleClick={() => onOpen(one.id)}
    >
      <Picture sha256={one.picture} alt={t("picture.of", { what: name })} />
      <div className="queue-what">
        <span className="queue-name"><CategoryMark category={one.category} /> <b>{name}</b></span>
        <span className="queue-where">{where}</span>
        <span className="queue-age">
          <Age since={one.opened_at} /><i>·</i><span>{t("queue.seen", { sightings: one.sightings, passes: one.passes })}</span>
          {one.recurs_of !== null && <em>{t("case.recurs")}</em>}
        </span>
      </div>
      <div className="queue-when">
        <span className="number">#{one.number}</span>
        <StateTag state={one.state} closeReason={one.close_reason} />
        {one.due_at !== null && <Deadline due_at={one.due_at} />}
      </div>
    </div>
  );
});
