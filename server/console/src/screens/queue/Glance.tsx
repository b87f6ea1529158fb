import { CloseOutlined } from "@ant-design/icons";
import { Button, Spin } from "antd";
import { useNavigate } from "react-router";
import { inTheWay } from "../../api/problem";
import { useCase } from "../../api/useCase";
import { useGround } from "../../api/useGround";
import { useTaxonomy } from "../../api/useTaxonomy";
import { metres } from "../../format/place";
import { useSpeech } from "../../i18n/language";
import { CaseSteps } from "../../parts/CaseSteps";
import { CategoryMark } from "../../parts/CategoryMark";
import { Deadline } from "../../parts/Deadline";
import { KeyButton } from "../../parts/KeyButton";
import { PictureStage } from "../../parts/PictureStage";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { StateTag } from "../../parts/StateTag";
import { shotsOf } from "../../parts/shots";

interface Props {
  id: string;
  onClose: () => void;
  onNext: () => void;
}

/** The chosen case in a panel over the map: picture, the few facts that decide, and the decisions. */
export function Glance({ id, onClose, onNext }: Props) {
  const { t, code } = useSpeech();
  const { nameOf } = useTaxonomy();
  const { gridName } = useGround();
  const navigate = useNavigate();
  const found = useCase(id);
  const problem = inTheWay(found);
  const one = found.data?.id === id ? found.data : undefined;

  return (
    <aside className="glance" aria-label={t("glance.label")}>
      <Button className="glance-close" type="text" icon={<CloseOutlined />} aria-label={t("glance.close")} onClick={onClose} />
      {problem !== null ? (
        <ProblemNotice error={problem} again={() => void found.refetch()} />
      ) : one === undefined ? (
        <Spin className="whole-page" />
      ) : (
        <>
          <h2><CategoryMark category={one.category} size={20} /> {nameOf(one.category)} <small>#{one.number}</small></h2>
          <div className="glance-tags">
            <StateTag state={one.state} closeReason={one.close_reason} />
            {one.due_at !== null && <Deadline due_at={one.due_at} />}
          </div>
          <PictureStage key={one.id} shots={shotsOf(one.observations)} />
          <dl className="facts">
            <dt>{t("case.grid")}</dt>
            <dd>{one.grid_id === null ? t("grid.none") : gridName(one.grid_id)}</dd>
            <dt>{t("case.owner")}</dt>
            <dd>{one.owner === null ? "—" : (one.owner.person?.display ?? code("owner", one.owner.kind))}</dd>
            <dt>{t("case.seen")}</dt>
            <dd>{t("queue.seen", { sightings: one.sightings, passes: one.passes })}</dd>
            <dt>{t("case.place_error")}</dt>
            <dd>± {metres(one.sigma_m)}</dd>
            <dt>{t("case.score")}</dt>
            <dd>{Math.round(one.score * 100)} %</dd>
          </dl>
          <div className="glance-steps">
            <KeyButton type="primary" hotkey="Enter" onClick={() => void navigate(`/cases/${id}`)}>{t("glance.open")}</KeyButton>
            <CaseSteps one={one} onTaken={onNext} />
          </div>
        </>
      )}
    </aside>
  );
}
