/*
 * A plugin for pppd 2.4.9 that asks for stateful MPPE (RFC 3078 section 4). Stock pppd never does: its option
 * `mppe-stateful` only lets the peer ask, so two of them never use it. The wish is set when the network phase begins,
 * after pppd has made up its own.
 */
#include <stddef.h>
#include <pppd/pppd.h>
#include <pppd/fsm.h>
#include <pppd/ccp.h>
#include <pppd/mppe.h>

char pppd_version[] = VERSION;

static void when_phase_changes(void *unused, int phase) {
  (void)unused;
  if (phase == PHASE_NETWORK && ccp_wantoptions[0].mppe) ccp_wantoptions[0].mppe |= MPPE_OPT_STATEFUL;
}

void plugin_init(void) { add_notifier(&phasechange, when_phase_changes, NULL); }
