/* link: $(IMSG_OBJS) lib/log.o lib/msg.o lib/source.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* A worker that is refused its maildir or its first message. */

#include "workerchild.h"

static void
test_no_directory(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("a missing directory is [SYS/PERM], and logged");
	work_on(&work, "missing");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "-ERR [SYS/PERM] "), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_REFUSED, 0, 0, 0, 0, 0);
	CHECK(wo.wo_log[0] != '\0', "nothing in the log");
}

static void
test_symlink(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("a symbolic link is [SYS/PERM]");
	CHECK(symlink("one", "link") == 0, "symlink");
	work_on(&work, "link");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "-ERR [SYS/PERM] "), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_REFUSED, 0, 0, 0, 0, 0);
}

static void
test_root(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("root's user id, and root's group id, are refused");
	work_on(&work, "one");
	if (geteuid() != 0)
		unit_skip("needs root");
	else {
		worker_start_as(&wo, &work, 0, MAIL_UID);
		CHECK(reply(&wo)[0] == '\0', "uid 0: %s", wo.wo_reply);
		worker_end(&wo);
		CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
		worker_start_as(&wo, &work, MAIL_UID, 0);
		CHECK(reply(&wo)[0] == '\0', "gid 0: %s", wo.wo_reply);
		worker_end(&wo);
		CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
	}
}

static void
test_real_uid(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("a real user id that is not the effective one is refused");
	work_on(&work, "one");
	if (geteuid() != 0)
		unit_skip("needs root");
	else {
		real_root = 1;
		worker_start(&wo, &work);
		real_root = 0;
		CHECK(reply(&wo)[0] == '\0', "%s", wo.wo_reply);
		worker_end(&wo);
		CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
	}
}

static void
test_wrong_message(void)
{
	struct worker	 wo;

	unit_case("a first message of another type is refused");
	worker_start(&wo, NULL);
	imsg_compose(&wo.wo_buf, MSG_CONF_OK, 0, 0, -1, NULL, 0);
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	CHECK(reply(&wo)[0] == '\0', "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
}

static void
test_wrong_size(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("a first message of another size is refused");
	work_on(&work, "one");
	worker_start(&wo, NULL);
	imsg_compose(&wo.wo_buf, MSG_WORK, 0, 0, -1, &work, sizeof(work) - 8);
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	CHECK(reply(&wo)[0] == '\0', "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
}

static void
test_late_message(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("a first message that comes late is waited for");
	work_on(&work, "one");
	worker_start(&wo, NULL);
	sleep(1);
	imsg_compose(&wo.wo_buf, MSG_WORK, 0, 0, -1, &work, sizeof(work));
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(wo.wo_status == 0, "0x%x", wo.wo_status);
}

static void
test_parent_gone(void)
{
	struct worker	 wo;

	unit_case("a parent that ends without a message");
	worker_start(&wo, NULL);
	close(wo.wo_channel);
	wo.wo_channel = -1;
	CHECK(reply(&wo)[0] == '\0', "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
}

int
main(void)
{
	const char	*stage = getenv("STAGE");

	unit_case("wrkrpop as its parent starts it");
	snprintf(program, sizeof(program), "%s/libexec/popd/wrkrpop",
	    stage == NULL ? "" : stage);
	if (access(program, X_OK) == -1) {
		unit_skip("not installed");
		return (unit_done());
	}
	/* What it says before it has a channel is expected. */
	close(STDERR_FILENO);
	open("/dev/null", O_WRONLY);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	make_maildir("one", 3);
	test_no_directory();
	test_symlink();
	test_root();
	test_real_uid();
	test_wrong_message();
	test_wrong_size();
	test_late_message();
	test_parent_gone();
	return (unit_done());
}
