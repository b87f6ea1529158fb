import { Spin } from "antd";
import { type ReactNode, useState } from "react";
import { isReport, type UnsentReport } from "../../outbox/shelf";
import { UnsentCard } from "../../outbox/UnsentCard";
import { useOutboxOf } from "../../outbox/useOutbox";
import { ReportForm } from "./ReportForm";

/** Whether a report is still with its reporter: being filled in, or refused as it is. */
const isBegun = ({ draft, refused }: UnsentReport) => draft || refused !== null;

interface Props {
  person_id: string;
  /** Called with the token of a report that is sent or waits to be. */
  done: (token: string) => void;
  /** What leads to a report that waits. */
  leads?: (one: UnsentReport) => ReactNode;
}

/** The form for a report, or what was begun of one; before it those that wait to be sent. */
export function Reporting({ person_id, done, leads }: Props) {
  const { unsent, reading } = useOutboxOf(person_id);
  // What is begun is read once: from then on the form holds it.
  const [begun, setBegun] = useState<UnsentReport | null | undefined>(undefined);
  const reports = unsent.filter(isReport);
  if (reading) return <Spin className="whole-page" />;
  if (begun === undefined) setBegun(reports.findLast(isBegun) ?? null);
  return (
    <>
      {reports.filter((one) => !isBegun(one)).map((one) => <UnsentCard key={one.id} one={one}>{leads?.(one)}</UnsentCard>)}
      {begun !== undefined && <ReportForm person_id={person_id} begun={begun} done={done} />}
    </>
  );
}
