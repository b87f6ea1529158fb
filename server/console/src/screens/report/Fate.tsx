import { Spin } from "antd";
import { useFollowed } from "../../api/useReport";
import { isReport } from "../../outbox/shelf";
import { UnsentCard } from "../../outbox/UnsentCard";
import { useOutboxOf } from "../../outbox/useOutbox";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Becoming } from "./Becoming";

/** How a person's report stands: that it waits on this phone, or what the server says became of it. */
export function useFate(person_id: string, token: string) {
  const { unsent, reading } = useOutboxOf(person_id);
  const waiting = unsent.filter(isReport).find((one) => one.token === token);
  const found = useFollowed(token, !reading && waiting === undefined);
  return { waiting, found };
}

export function Fate({ waiting, found }: ReturnType<typeof useFate>) {
  if (waiting !== undefined) return <UnsentCard one={waiting} />;
  return (
    <>
      {found.error !== null && <ProblemNotice error={found.error} again={() => void found.refetch()} />}
      {found.isPending && <Spin className="whole-page" />}
      {found.data !== undefined && <Becoming one={found.data} />}
    </>
  );
}
