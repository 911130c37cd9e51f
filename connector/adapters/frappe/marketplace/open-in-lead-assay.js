// A CRM Form Script for CRM Lead: a button that opens the lead's page in Lead Assay.
// Put the address of your installation between the quotes; nothing is sent there before the button is pressed.
const LEAD_ASSAY = "https://assay.example.com";

class CRMLead {
    onLoad() {
        const button = {
            label: "Open in Lead Assay",
            onClick: () => window.open(`${LEAD_ASSAY}/leads/${encodeURIComponent(this.doc.name)}`, "_blank", "noopener"),
        };
        this.actions = [...(this.actions || []), button];
    }
}
