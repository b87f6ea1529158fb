import { App, Button } from "antd";
import { Link } from "react-router";
import { useMending, useMends } from "../../../api/useMends";
import type { CaseDetail, Mend } from "../../../api/types";
import { useSpeech } from "../../../i18n/language";
import { Moment } from "../../../parts/Moment";
import { useProblemText } from "../../../parts/useProblemText";

/** What people merged into a case and split off it, each with its undoing or with what stands in its way. */
export function Mends({ one, may }: { one: CaseDetail; may: boolean }) {
  const { t } = useSpeech();
  const found = useMends(one.id, true);
  if (found.data === undefined || found.data.items.length === 0) return null;
  return (
    <section className="card" aria-label={t("mend.title")}>
      <h2>{t("mend.title")}</h2>
      <ul className="mends">
        {found.data.items.map((mend) => <MendLine key={mend.id} mend={mend} here={one.id} may={may} />)}
      </ul>
    </section>
  );
}

function MendLine({ mend, here, may }: { mend: Mend; here: string; may: boolean }) {
  const { t, code } = useSpeech();
  const { message } = App.useApp();
  const said = useProblemText();
  const mending = useMending();
  const far = mend.case_id === here ? mend.other_id : mend.case_id;
  const undo = () =>
    mending.mutate(
      { mend_id: mend.id, kind: "undo" },
      {
        onSuccess: () => void message.success(t("mend.undone_now")),
        onError: (error) => void message.error(said(error)),
      },
    );
  const words = t(mend.kind === "merge" ? "mend.merge" : "mend.split", { other: mend.other_number, kept: mend.case_number });
  return (
    <li>
      <Link to={`/cases/${far}`}>{words}</Link>
      {mend.undone_at === null && may && (
        <Button
          size="small" onClick={undo} loading={mending.isPending} disabled={mend.hindrance !== null}
          aria-label={t("mend.undo_of", { what: words })}
        >
          {t("mend.undo")}
        </Button>
      )}
      <span>{mend.person.display} · <Moment at={mend.made_at} /></span>
      {mend.undone_at !== null && <span>{t("mend.undone_by", { person: mend.undone_by?.display ?? "" })} · <Moment at={mend.undone_at} /></span>}
      {mend.undone_at === null && may && mend.hindrance !== null && <span>{code("problem", mend.hindrance)}</span>}
    </li>
  );
}
