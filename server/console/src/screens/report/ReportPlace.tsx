import { AimOutlined, EnvironmentOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { lazy, useState } from "react";
import { inTheWay } from "../../api/problem";
import { useReportGrids } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { MapHolder } from "../../map/MapHolder";
import { WORST_M } from "../../map/pointing";
import { placeToSend } from "../../outbox/sendReport";
import { ProblemNotice } from "../../parts/ProblemNotice";
import type { Place } from "../../parts/whereAmI";

const PinMap = lazy(() => import("../../map/PinMap"));

interface Props {
  /** Where the phone is: undefined until it has said, null where it does not. */
  phone: Place | null | undefined;
  pinned: Place | null;
  /** Whether it may be what is wrong. */
  doubted: boolean;
  askPhone: () => void;
  pin: (place: Place) => void;
}

/** Where it is, as the phone says; where it does not say well enough, how to make it, or to point it out on a map. */
export function ReportPlace({ phone, pinned, doubted, askPhone, pin }: Props) {
  const { t } = useSpeech();
  const [pointing, setPointing] = useState(false);
  const found = placeToSend({ place: phone ?? null, pinned });
  const said = () => {
    if (pinned !== null) return t("report.pinned", { metres: Math.round(pinned.accuracy_m) });
    if (phone === undefined) return t("report.locating");
    if (phone === null) return t("report.no_place");
    return t(found === null ? "report.rough" : "report.placed", { metres: Math.round(phone.accuracy_m) });
  };
  const asking = phone === undefined && pinned === null;
  return (
    <section className="card report-where" aria-labelledby="report-where">
      <h2 id="report-where">{t("report.where")}</h2>
      <p className="report-place" role="status"><EnvironmentOutlined aria-hidden /> {said()}</p>
      {!asking && (doubted || found === null || pinned !== null) && <Button block icon={<AimOutlined />} onClick={askPhone}>{t("report.ask_phone")}</Button>}
      {!asking && !pointing && <Button block icon={<EnvironmentOutlined />} onClick={() => setPointing(true)}>{t("report.point")}</Button>}
      {pointing && (
        <Pointing
          rough={phone ?? null}
          done={(place) => {
            pin(place);
            setPointing(false);
          }}
        />
      )}
    </section>
  );
}

function Pointing({ rough, done }: { rough: Place | null; done: (place: Place) => void }) {
  const { t } = useSpeech();
  const grids = useReportGrids();
  const [at, setAt] = useState<Place | null>(null);
  const close = at !== null && at.accuracy_m <= WORST_M;
  return (
    <>
      <p className="report-note" id="pin-how">{t("pin.how")}</p>
      {inTheWay(grids) !== null && <ProblemNotice error={grids.error} again={() => void grids.refetch()} />}
      <MapHolder>
        {grids.data !== undefined && <PinMap grids={grids.data} rough={rough} onPoint={setAt} />}
      </MapHolder>
      <Button block size="large" disabled={!close} aria-describedby="pin-how" onClick={() => at !== null && done(at)}>
        {t(at === null || close ? "pin.here" : "pin.closer")}
      </Button>
    </>
  );
}
