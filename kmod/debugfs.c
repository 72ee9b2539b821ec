// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs.c - /sys/kernel/debug/smmu_adopt/<smmu>/.
 *
 * Kernel lockdown leaves a debugfs file usable only when its mode has no bit
 * outside 0444, and it has no write, ioctl or mmap. So that is all there is.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core/names.h"
#include "debugfs.h"
#include "emit.h"
#include "smmu.h"
#include "text.h"

#define MODE 0400

static struct dentry *root;

/* Each opener gets records of its own, so that what it reads is one moment. */
struct view {
	struct sa_buf records;
	void (*text)(struct seq_file *m, const struct sa_buf *records);
};

static struct view *view_new(struct inode *inode)
{
	struct view *v = kzalloc(sizeof(*v), GFP_KERNEL);
	int r;

	if (!v)
		return ERR_PTR(-ENOMEM);
	r = sa_records(inode->i_private, &v->records);
	if (!r)
		return v;
	kfree(v);
	return ERR_PTR(r);
}

static void view_free(struct view *v)
{
	kvfree(v->records.data);
	kfree(v);
}

static int text_show(struct seq_file *m, void *unused)
{
	struct view *v = m->private;

	v->text(m, &v->records);
	return 0;
}

static int text_open(struct inode *inode, struct file *file,
		     void (*text)(struct seq_file *m, const struct sa_buf *records))
{
	struct view *v = view_new(inode);
	int r;

	if (IS_ERR(v))
		return PTR_ERR(v);
	v->text = text;
	/* No text is longer than its records, so show is called once. */
	r = single_open_size(file, text_show, v, v->records.len);
	if (r)
		view_free(v);
	return r;
}

static int text_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	view_free(m->private);
	return single_release(inode, file);
}

#define TEXT_FILE(name)                                                \
	static int name##_open(struct inode *inode, struct file *file) \
	{                                                              \
		return text_open(inode, file, sa_text_##name);         \
	}                                                              \
	static const struct file_operations name##_fops = {            \
		.owner = THIS_MODULE,                                  \
		.open = name##_open,                                   \
		.read = seq_read,                                      \
		.llseek = seq_lseek,                                   \
		.release = text_release,                               \
	}

TEXT_FILE(state);
TEXT_FILE(regs);
TEXT_FILE(streams);
TEXT_FILE(rmr);

static int records_open(struct inode *inode, struct file *file)
{
	struct view *v = view_new(inode);

	if (IS_ERR(v))
		return PTR_ERR(v);
	file->private_data = v;
	return 0;
}

static ssize_t records_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	const struct view *v = file->private_data;

	return simple_read_from_buffer(to, count, pos, v->records.data, v->records.len);
}

static int records_release(struct inode *inode, struct file *file)
{
	view_free(file->private_data);
	return 0;
}

static const struct file_operations records_fops = {
	.owner = THIS_MODULE,
	.open = records_open,
	.read = records_read,
	.release = records_release,
	.llseek = default_llseek,
};

void sa_debugfs_init(struct sa_smmu *smmus, u32 n)
{
	struct dentry *dir;
	u32 i;

	/* As everywhere with debugfs: what cannot be made is missing, nothing else. */
	root = debugfs_create_dir(SMMU_ADOPT_MODULE, NULL);
	if (IS_ERR(root))
		pr_warn("no debugfs (%ld)\n", PTR_ERR(root));
	for (i = 0; i < n; i++) {
		dir = debugfs_create_dir(dev_name(smmus[i].dev), root);
		debugfs_create_file(SMMU_ADOPT_FILE_STATE, MODE, dir, &smmus[i], &state_fops);
		debugfs_create_file(SMMU_ADOPT_FILE_REGS, MODE, dir, &smmus[i], &regs_fops);
		debugfs_create_file(SMMU_ADOPT_FILE_STREAMS, MODE, dir, &smmus[i], &streams_fops);
		debugfs_create_file(SMMU_ADOPT_FILE_RMR, MODE, dir, &smmus[i], &rmr_fops);
		debugfs_create_file(SMMU_ADOPT_FILE_RECORDS, MODE, dir, &smmus[i], &records_fops);
	}
}

void sa_debugfs_exit(void)
{
	/* Waits for readers inside; a file kept open afterwards answers -EIO. */
	debugfs_remove(root);
}
