import "./case.css";
import { ArrowLeftOutlined } from "@ant-design/icons";
import { Button, Spin } from "antd";
import { Link, useLocation, useNavigate, useParams } from "react-router";
import { inTheWay } from "../../api/problem";
import { useCase } from "../../api/useCase";
import { useMe } from "../../api/useMe";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech, useTitle } from "../../i18n/language";
import { CaseSteps } from "../../parts/CaseSteps";
import { CategoryMark } from "../../parts/CategoryMark";
import { Deadline } from "../../parts/Deadline";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { StateTag } from "../../parts/StateTag";
import { useKeys } from "../../parts/useKeys";
import { CaseFacts } from "./CaseFacts";
import { CaseMap } from "./CaseMap";
import { CaseNumbers } from "./CaseNumbers";
import { CaseOrder } from "./CaseOrder";
import { History } from "./History";
import { Mends } from "./mending/Mends";
import { MendSteps } from "./mending/MendSteps";
import { Outcome } from "./Outcome";
import { Sightings } from "./Sightings";

const DESK: readonly string[] = ["operator", "supervisor"];

/** A case with all its pictures, its place, its work order and its history. */
export function CaseScreen() {
  const { t } = useSpeech();
  const { nameOf } = useTaxonomy();
  const { data: me } = useMe();
  const navigate = useNavigate();
  const { id = "" } = useParams();
  const found = useCase(id);
  const one = found.data?.id === id ? found.data : undefined;
  useTitle(one && `${nameOf(one.category)} #${one.number}`);
  const opened = useLocation().key;
  const back = () => void (opened === "default" ? navigate("/") : navigate(-1));
  useKeys({ Escape: back });

  const problem = inTheWay(found);
  if (problem !== null) return <ProblemNotice error={problem} again={() => void found.refetch()} />;
  if (one === undefined) return <Spin className="whole-page" />;
  return (
    <div className="case">
      <header className="case-head">
        <Button type="text" icon={<ArrowLeftOutlined />} aria-label={t("case.back")} onClick={back} />
        <h1><CategoryMark category={one.category} size={22} /> {nameOf(one.category)} <small>#{one.number}</small></h1>
        <StateTag state={one.state} closeReason={one.close_reason} />
        {one.due_at !== null && <Deadline due_at={one.due_at} />}
        {one.recurs_of !== null && <Link to={`/cases/${one.recurs_of}`}>{t("case.recurs_of")}</Link>}
        <div className="case-steps"><CaseSteps one={one} /><MendSteps one={one} /></div>
      </header>
      <div className="case-body">
        <div className="case-pictures">
          {one.work_order !== null && one.work_order.after.length > 0 && <Outcome order={one.work_order} />}
          <Sightings observations={one.observations} />
        </div>
        <div className="case-side">
          <CaseMap one={one} />
          <CaseFacts one={one} />
          {one.numbers.length > 0 && <CaseNumbers case_id={one.id} numbers={one.numbers} />}
          {one.work_order !== null && <CaseOrder order={one.work_order} />}
          {me !== undefined && me.role !== "crew" && <Mends one={one} may={DESK.includes(me.role)} />}
          <History lines={one.history} />
        </div>
      </div>
    </div>
  );
}
