import { Spin } from "antd";
import { Link } from "react-router";
import { useAdvertiser } from "../../api/useAdvertiser";
import { Moment } from "../../parts/Moment";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { StateTag } from "../../parts/StateTag";

/** The further cases that show the same number, the last seen first. */
export function OtherCases({ case_id, advertiser_id }: { case_id: string; advertiser_id: string }) {
  const found = useAdvertiser(advertiser_id);
  if (found.error !== null) return <ProblemNotice error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin size="small" />;
  return (
    <ul className="other-cases">
      {found.data.cases.filter(({ id }) => id !== case_id).map((other) => (
        <li key={other.id}>
          <Link to={`/cases/${other.id}`}>#{other.number}</Link>
          <StateTag state={other.state} closeReason={other.close_reason} />
          <Moment at={other.last_seen_at} />
        </li>
      ))}
    </ul>
  );
}
