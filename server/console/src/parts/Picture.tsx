import { ClockCircleOutlined, FileImageOutlined } from "@ant-design/icons";
import { Image } from "antd";
import { useState } from "react";
import { useSpeech } from "../i18n/language";

interface Props {
  sha256: string | null;
  alt: string;
  /** False while the vehicle has announced the picture but not yet sent it. */
  available?: boolean;
  /** Opens large on click or Enter. */
  enlarge?: boolean;
}

/** A stored picture, filling its frame; what is shown instead says why there is none. */
export function Picture({ sha256, alt, available = true, enlarge = false }: Props) {
  const { t } = useSpeech();
  const [broken, setBroken] = useState<string | null>(null);
  if (sha256 === null || !available) {
    return <span className="picture none"><ClockCircleOutlined aria-hidden /><span>{t(sha256 === null ? "picture.none" : "picture.pending")}</span></span>;
  }
  if (broken === sha256) {
    return <span className="picture none"><FileImageOutlined aria-hidden /><span>{t("picture.broken")}</span></span>;
  }
  const source = `/api/evidence/${sha256}`;
  return (
    <span className="picture">
      {enlarge ? (
        <Image src={source} alt={alt} width="100%" height="100%" loading="lazy" onError={() => setBroken(sha256)} />
      ) : (
        <img src={source} alt={alt} loading="lazy" decoding="async" onError={() => setBroken(sha256)} />
      )}
    </span>
  );
}
